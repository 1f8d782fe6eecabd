from __future__ import annotations

import re

from tracetest import new_context


def test_a_context_is_a_sampled_traceparent() -> None:
    context = new_context()

    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", context.traceparent)
    assert context.traceparent == f"00-{context.trace_id}-{context.span_id}-01"


def test_no_two_contexts_are_the_same() -> None:
    assert len({new_context() for _ in range(1000)}) == 1000
