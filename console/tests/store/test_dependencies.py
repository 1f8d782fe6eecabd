from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from console.model import Span
from console.otlp.spans import StoredSpan
from console.query import Dependency
from console.store import Limits, TraceStore

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]
SPAN = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(0, 4), st.sampled_from("abc"), st.integers(0, 9))


@given(rounds=st.lists(st.tuples(st.lists(SPAN, max_size=8), st.integers(0, 9), st.integers(0, 20)), max_size=5))
def test_they_are_those_of_the_traces_that_lie_in_the_time(
    make_span: MakeSpan, received: Received, rounds: list[tuple[list[tuple[int, int, int, str, int]], int, int]]
) -> None:
    store = TraceStore(Limits(traces=3))
    origin = make_span().start
    for spans, first, length in rounds:
        store.add(
            received(
                [
                    make_span(trace, number, parent=parent, service=service, start=start, duration=2)
                    for trace, number, parent, service, start in spans
                ]
            )
        )
        begin, end = origin + first * 1_000_000, origin + (first + length) * 1_000_000
        held = [trace for each in store.page().traces if (trace := store.trace(each.trace_id))]
        inside = [trace for trace in held if begin <= trace.start and trace.end <= end]
        calls: Counter[tuple[str, str]] = Counter()
        for trace in inside:
            services = {span.span_id: span.service for span in trace.spans}
            calls.update(
                (services[span.parent_id], span.service)
                for span in trace.spans
                if services.get(span.parent_id, span.service) != span.service
            )
        assert store.dependencies(begin, end) == sorted(Dependency(*pair, number) for pair, number in calls.items())
