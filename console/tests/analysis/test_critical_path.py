from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from console.analysis.critical_path import critical_path
from console.analysis.forest import forest
from console.model import Span, Trace, trace_of

MakeSpan = Callable[..., Span]
MILLISECOND = 1_000_000


def path(spans: list[Span]) -> list[tuple[int, float, float]]:
    """Give the path as span numbers with milliseconds after the trace's start."""
    trace = trace_of(spans)
    return [
        (int(part.span_id, 16), (part.start - trace.start) / MILLISECOND, (part.end - trace.start) / MILLISECOND)
        for part in critical_path(trace, forest(trace))
    ]


def test_a_span_alone_is_the_path(make_span: MakeSpan) -> None:
    assert path([make_span(duration=10)]) == [(1, 0, 10)]


def test_of_children_that_run_at_once_the_one_that_ends_last_is_waited_for(make_span: MakeSpan) -> None:
    spans = [make_span(span=2, parent=1, start=1, duration=5), make_span(span=3, parent=1, start=2, duration=7)]
    assert path([make_span(duration=10), *spans]) == [(1, 0, 1), (2, 1, 2), (3, 2, 9), (1, 9, 10)]


def test_what_goes_on_after_its_parent_does_not_count_beyond_it(make_span: MakeSpan) -> None:
    assert path([make_span(duration=10), make_span(span=2, parent=1, start=4, duration=20)])[-1] == (2, 4, 10)


def test_a_clock_that_is_wrong_breaks_nothing(make_span: MakeSpan) -> None:
    early = make_span(span=2, parent=1, start=-5, duration=3)
    assert path([make_span(duration=10), early]) == [(1, 5, 15)]


def test_moments_in_no_span_are_in_no_segment(make_span: MakeSpan) -> None:
    assert path([make_span(duration=2), make_span(span=2, parent=99, start=5, duration=2)]) == [(1, 0, 2), (2, 5, 7)]


def test_an_order_waits_for_every_service(order_trace: list[Span]) -> None:
    assert [number for number, _start, _end in path(order_trace)] == [1, 2, 3, 4, 5, 6, 5, 4, 3, 7, 3, 2, 1]


@st.composite
def traces(draw: st.DrawFn, make_span: MakeSpan) -> Trace:
    count = draw(st.integers(1, 12))
    moments = st.integers(0, 50)
    return trace_of(
        [
            make_span(span=number, parent=draw(st.integers(0, count)), start=draw(moments), duration=draw(moments))
            for number in range(1, count + 1)
        ]
    )


@given(data=st.data())
def test_segments_follow_each_other_and_lie_within_their_spans(make_span: MakeSpan, data: st.DataObject) -> None:
    trace = data.draw(traces(make_span))
    spans = {span.span_id: span for span in trace.spans}
    segments = critical_path(trace, forest(trace))
    for segment in segments:
        assert spans[segment.span_id].start <= segment.start < segment.end <= spans[segment.span_id].end
    assert all(one.end <= other.start for one, other in pairwise(segments))


def test_a_chain_of_ten_thousand_spans_is_walked(make_span: MakeSpan) -> None:
    chain = [make_span(span=number, parent=number - 1, duration=1) for number in range(1, 10_001)]
    assert path(chain) == [(10_000, 0, 1)]
