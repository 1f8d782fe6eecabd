from __future__ import annotations

from typing import Any

from tracetest.expectations.drawing import draw


def test_a_span_is_a_line_below_what_caused_it(made: Any, trace_of: Any) -> None:
    trace = trace_of(
        made(
            "gateway",
            "GET /v1/users",
            made("gateway", "ListUsers", kind="CLIENT", status="ERROR"),
            kind="SERVER",
            parent_id="00000000000000ff",
        ),
        made("user", "lost"),
    )

    assert list(draw(trace)) == [
        "gateway  GET /v1/users  SERVER",
        "  gateway  ListUsers  CLIENT  ERROR",
        "user  lost  INTERNAL",
    ]
