from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from console.model import Kind, Span
from console.otlp.spans import StoredSpan
from console.store import Facets, Limits, TraceStore

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]


@given(
    rounds=st.lists(
        st.lists(
            st.tuples(st.integers(1, 6), st.integers(1, 4), st.sampled_from("abc"), st.sampled_from(["", "x", "y"])),
            max_size=8,
        ),
        max_size=5,
    )
)
def test_they_are_those_of_the_traces_that_are_held(
    make_span: MakeSpan, received: Received, rounds: list[list[tuple[int, int, str, str]]]
) -> None:
    store = TraceStore(Limits(traces=3))
    for spans in rounds:
        made = [
            make_span(trace, number, service=service, kind=Kind.SERVER, start=number,
                      attributes={"tenant.id": other, "http.route": other, "http.response.status_code": service})
            for trace, number, service, other in spans
        ]  # fmt: skip
        store.add(received(made))
        held = store.page().traces
        assert store.facets() == Facets(
            services=tuple(sorted({service for trace in held for service in trace.services})),
            routes=tuple(sorted({route for trace in held for route in trace.routes})),
            statuses=tuple(sorted({trace.status for trace in held})),
            tenants=tuple(sorted({tenant for trace in held for tenant in trace.tenants})),
        )
