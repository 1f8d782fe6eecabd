from __future__ import annotations

from collections.abc import Callable

from console.analysis.forest import forest
from console.analysis.gaps import gaps
from console.model import Kind, Span, trace_of

MakeSpan = Callable[..., Span]
MILLISECOND = 1_000_000


def found(spans: list[Span]) -> list[tuple[str, str, float, bool]]:
    trace = trace_of(spans)
    return [(gap.before, gap.after, gap.duration / MILLISECOND, gap.on_the_way) for gap in gaps(trace, forest(trace))]


def test_time_of_a_span_in_none_of_its_children_is_a_gap(make_span: MakeSpan) -> None:
    one = make_span(span=2, parent=1, name="one", start=10, duration=20)
    two = make_span(span=3, parent=1, name="two", start=60, duration=10)
    assert found([make_span(duration=100), one, two]) == [
        ("", "one", 10, False),
        ("one", "two", 30, False),
        ("two", "", 30, False),
    ]


def test_children_that_overlap_leave_no_gap_between_them(make_span: MakeSpan) -> None:
    long = make_span(span=2, parent=1, name="long", start=0, duration=100)
    assert found([make_span(duration=100), long, make_span(span=3, parent=1, start=20, duration=5)]) == []


def test_a_span_without_children_does_its_own_work(make_span: MakeSpan) -> None:
    assert found([make_span(duration=100)]) == []


def test_small_gaps_are_passed_over(make_span: MakeSpan) -> None:
    assert found([make_span(duration=100), make_span(span=2, parent=1, start=4, duration=92)]) == []


def test_what_lies_between_the_two_sides_of_a_call_is_on_the_way(make_span: MakeSpan) -> None:
    call = make_span(duration=100, kind=Kind.CLIENT)
    served = make_span(span=2, parent=1, name="serve", service="user", kind=Kind.SERVER, start=20, duration=60)
    assert found([call, served]) == [("", "serve", 20, True), ("serve", "", 20, True)]
