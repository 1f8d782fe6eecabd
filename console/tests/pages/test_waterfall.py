from __future__ import annotations

from collections.abc import Callable

import pytest

from console.model import Span, trace_of
from console.pages.waterfall import Waterfall

MakeSpan = Callable[..., Span]
MILLISECOND = 1_000_000


def shares(spans: list[Span]) -> list[tuple[str, int, float]]:
    found = Waterfall(trace_of(spans)).shares()
    return [(share.service, share.duration // MILLISECOND, share.part.width) for share in found]


def test_an_order_waited_for_each_service(order_trace: list[Span]) -> None:
    assert [(service, took) for service, took, _ in shares(order_trace)] == [
        ("order", 24),
        ("user", 10),
        ("gateway", 8),
    ]
    assert sum(width for _, _, width in shares(order_trace)) == pytest.approx(100, abs=0.01)


def test_what_goes_on_after_the_root_kept_nobody_waiting(make_span: MakeSpan) -> None:
    assert shares([make_span(duration=10), make_span(span=2, parent=1, start=4, duration=20)]) == [("order", 10, 100)]


def test_time_between_two_roots_is_in_no_span(make_span: MakeSpan) -> None:
    spans = [make_span(duration=5), make_span(span=2, parent=9, start=15, duration=5)]
    assert shares(spans) == [("order", 10, 50), ("", 10, 50)]
