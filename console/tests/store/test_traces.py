from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model import Kind, Span, Status, Trace
from console.otlp.spans import StoredSpan
from console.query import Dependency, Operation, Query
from console.store import Added, Facets, Limits, TraceFilter, TraceStore, TraceSummary, Usage

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]
MILLISECOND = 1_000_000


def ids(traces: Sequence[Trace | TraceSummary]) -> list[int]:
    return [int(trace.trace_id, 16) for trace in traces]


def test_a_span_that_comes_late_joins_its_trace(store: TraceStore, make_span: MakeSpan, received: Received) -> None:
    store.add(received([make_span(trace=1, span=2, parent=1, start=1)]))
    store.add(received([make_span(trace=2)]))
    store.add(received([make_span(trace=1, span=1)]))
    trace = store.trace(f"{1:032x}")
    assert trace
    assert [span.span_id for span in trace.spans] == [f"{1:016x}", f"{2:016x}"]


def test_a_span_that_comes_twice_counts_once(store: TraceStore, make_span: MakeSpan, received: Received) -> None:
    first = make_span(name="first")
    [kept, again] = received([first, replace(first, name="again")])
    assert store.add([kept, again]) == Added(taken=2, kept=(kept,))
    trace = store.trace(first.trace_id)
    assert trace
    assert trace.spans == (first,)
    assert replace(store.usage(), memory_bytes=0) == Usage(traces=1, spans=1, memory_bytes=0, evicted_traces=0)


def test_a_trace_that_is_not_there_is_none(store: TraceStore) -> None:
    assert store.trace("ab" * 16) is None


def test_the_trace_that_came_first_goes_first_and_whole(make_span: MakeSpan, received: Received) -> None:
    store = TraceStore(Limits(spans=3))
    store.add(received([make_span(trace=1, span=1), make_span(trace=2, span=1), make_span(trace=1, span=2)]))
    store.add(received([make_span(trace=3, span=1)]))
    assert ids(store.search(Query())) == [3, 2]
    assert replace(store.usage(), memory_bytes=0) == Usage(traces=2, spans=2, memory_bytes=0, evicted_traces=1)


def test_what_goes_is_forgotten_everywhere(make_span: MakeSpan, received: Received) -> None:
    store = TraceStore(Limits(traces=1))
    store.add(
        received([make_span(trace=1, service="old", name="a"), make_span(trace=1, span=2, service="both", name="b")])
    )
    store.add(received([make_span(trace=2, service="both", name="c")]))
    assert store.services() == ["both"]
    assert store.operations("old") == []
    assert store.operations("both") == [Operation("c", "internal")]
    assert not store.search(Query(service="old"))


def test_memory_is_bounded(make_span: MakeSpan, received: Received) -> None:
    spans = received([make_span(trace=trace) for trace in range(1, 6)])
    store = TraceStore(Limits(memory_bytes=2 * (spans[0].size + spans[0].source.size)))
    store.add(spans)
    assert ids(store.search(Query())) == [5, 4, 3], "what the spans share is counted once"
    assert store.usage().memory_bytes == 3 * spans[0].size + spans[0].source.size


def test_a_source_counts_as_long_as_something_has_it(make_span: MakeSpan, received: Received) -> None:
    store = TraceStore(Limits(traces=2))
    spans = received([make_span(trace=trace, service=service) for trace, service in enumerate("aab", 1)])
    store.add(spans)
    expected = sum(span.size + span.source.size for span in spans[1:])
    assert store.usage().memory_bytes == expected


def test_sources_of_one_trace_cannot_take_all_memory(make_span: MakeSpan, received: Received) -> None:
    store = TraceStore(Limits(memory_bytes=20_000))
    added = store.add(received([make_span(span=span, service=f"{span:0100}") for span in range(1, 50)]))
    assert added.refused
    assert added.reason == f"trace {1:032x} would take more than half of the 20000 bytes of memory"
    assert store.usage().memory_bytes < 10_000


def test_one_trace_can_take_neither_all_spans_nor_all_memory(make_span: MakeSpan, received: Received) -> None:
    few = TraceStore(Limits(spans_per_trace=2))
    added = few.add(received([make_span(span=span) for span in (1, 2, 3, 4)]))
    assert replace(added, kept=()) == Added(2, 2, f"trace {1:032x} already has 2 spans, as many as one may have")
    spans = received([make_span(span=span) for span in (1, 2, 3)])
    bytes_ = 2 * (2 * spans[0].size + spans[0].source.size)
    added = TraceStore(Limits(memory_bytes=bytes_)).add(spans)
    assert replace(added, kept=()) == Added(
        2, 1, f"trace {1:032x} would take more than half of the {bytes_} bytes of memory"
    )


_SPANS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 4), st.sampled_from(["a", "b"]), st.integers(1, 3_000)), max_size=40
)


@given(_SPANS, st.integers(1, 4), st.integers(1, 8), st.integers(4_000, 16_000))
def test_bounds_and_order_hold_whatever_comes(  # noqa: PLR0913, PLR0917  fixtures, and what hypothesis makes up
    make_span: MakeSpan,
    received: Received,
    given_spans: list[tuple[int, int, str, int]],
    traces: int,
    spans: int,
    memory: int,
) -> None:
    store = TraceStore(Limits(traces, spans, spans_per_trace=3, memory_bytes=memory))
    arrivals: list[int] = []
    for trace, span, service, size in given_spans:
        made = make_span(trace=trace, span=span, service=service, name=service, attributes={"text": "x" * size})
        before = ids(store.search(Query()))
        added = store.add(received([made]))
        after = ids(store.search(Query()))
        if trace not in before and added.taken:
            arrivals.append(trace)
        usage = store.usage()
        assert usage.traces <= traces
        assert usage.spans <= spans
        assert usage.memory_bytes <= memory
        kept = arrivals[len(arrivals) - len(after) :]
        assert after == kept[::-1], "the oldest go first, whole"
        arrivals = kept
    _assert_consistent(store)


def _assert_consistent(store: TraceStore) -> None:
    traces = [trace for each in store.search(Query(limit=1_000)) if (trace := store.trace(each.trace_id))]
    held = [span for trace in traces for span in trace.spans]
    usage = store.usage()
    assert (usage.traces, usage.spans) == (len(traces), len(held))
    stored = [span for trace in traces for span in store.stored(trace.trace_id)]
    sources = {span.source for span in stored}
    assert usage.memory_bytes == sum(span.size for span in stored) + sum(source.size for source in sources)
    assert store.services() == sorted({span.service for span in held})
    assert usage.spans_by_service == Counter(span.service for span in held)
    for service in store.services():
        names = {Operation(span.name, span.kind) for span in held if span.service == service}
        assert store.operations(service) == sorted(names)
        of_service = [trace for trace in traces if service in trace.services]
        assert ids(store.search(Query(service=service))) == ids(of_service)


def test_search_gives_the_latest_first_and_no_more_than_asked_for(
    store: TraceStore, make_span: MakeSpan, received: Received
) -> None:
    store.add(received([make_span(trace=trace) for trace in range(1, 6)]))
    assert ids(store.search(Query(limit=2))) == [5, 4]


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_all_traces_are_found_however_many_are_read_at_once(
    store: TraceStore, make_span: MakeSpan, received: Received, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("console.store.traces._AT_ONCE", at_once)
    store.add(received([make_span(trace=trace, service="odd" if trace % 2 else "even") for trace in range(1, 8)]))

    assert ids(store.search(Query())) == ids(store.page().traces) == [7, 6, 5, 4, 3, 2, 1]
    assert ids(store.search(Query(service="odd"))) == [7, 5, 3, 1]
    assert ids(store.search(Query(service="even", limit=2))) == [6, 4]


def test_search_by_time_counts_the_starts_of_spans(store: TraceStore, make_span: MakeSpan, received: Received) -> None:
    store.add(received([make_span(trace=1, start=0), make_span(trace=2, start=5), make_span(trace=3, start=9)]))
    origin = make_span().start
    assert ids(store.search(Query(start=origin + 5 * MILLISECOND))) == [3, 2]
    assert ids(store.search(Query(end=origin + 5 * MILLISECOND))) == [2, 1]
    assert ids(store.search(Query(start=origin + 6 * MILLISECOND, end=origin + 8 * MILLISECOND))) == []


def test_operations_can_be_asked_for_by_kind(store: TraceStore, make_span: MakeSpan, received: Received) -> None:
    store.add(received([make_span(span=1, name="b", kind=Kind.SERVER), make_span(span=2, name="a", kind=Kind.CLIENT)]))
    assert store.operations("order") == [Operation("a", "client"), Operation("b", "server")]
    assert store.operations("order", "server") == [Operation("b", "server")]


def test_dependencies_count_calls_between_services(
    store: TraceStore, order_trace: list[Span], received: Received
) -> None:
    store.add(received(order_trace))
    start, end = order_trace[0].start, order_trace[0].end
    expected = [Dependency("gateway", "order", 1), Dependency("order", "user", 1)]
    assert store.dependencies(start, end) == expected
    assert store.dependencies(start + 1, end) == []
    assert store.dependencies(start, end - 1) == []


def test_many_threads_may_add_and_ask_at_once(make_span: MakeSpan, received: Received) -> None:
    store = TraceStore(Limits(traces=50, spans=300))

    def add(worker: int) -> None:
        for trace in range(200):
            store.add(
                received([make_span(trace=trace + 1, span=worker * 10 + n + 1, service=f"s{worker}") for n in range(3)])
            )

    def ask(_worker: int) -> None:
        for _ in range(100):
            for found in store.search(Query(service="s1", limit=10)):
                spans = store.stored(found.trace_id)
                assert len({span.span_id for span in spans}) == len(spans)
            store.dependencies(0, 2**63)
            store.operations("s1")

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(add, worker) for worker in range(4)] + [
            threads.submit(ask, 0),
            threads.submit(ask, 1),
        ]:
            done.result()
    _assert_consistent(store)
    assert store.usage().traces <= 50


def seconds(number: float) -> int:
    return int(number * 1_000_000_000)


def test_a_trace_in_one_line(store: TraceStore, order_trace: list[Span], received: Received) -> None:
    failed = replace(order_trace[6], status=Status.ERROR)
    store.add(received([*order_trace[:6], failed]))
    assert store.summary(failed.trace_id) == TraceSummary(
        trace_id=failed.trace_id,
        number=1,
        name="POST /v1/orders",
        service="gateway",
        start=order_trace[0].start,
        duration=order_trace[0].duration,
        spans=7,
        errors=1,
        services=("gateway", "order", "user"),
        tenants=("acme",),
        routes=(),
        status="201",
    )
    assert store.summary("ab" * 16) is None


@pytest.fixture
def listed(store: TraceStore, make_span: MakeSpan, received: Received) -> TraceStore:
    """Give traces that differ: 1 is fine, 2 is another tenant's and slow, 3 failed and calls a database."""
    server = {"kind": Kind.SERVER, "name": "GET /v1/orders"}
    ok = {"tenant.id": "acme", "http.route": "/v1/orders", "http.response.status_code": 200, "note": "Grüße"}
    store.add(received([make_span(trace=1, service="gateway", attributes=ok, **server)]))
    store.add(received([make_span(trace=1, span=2, parent=1, service="order", kind=Kind.SERVER)]))
    other = {"tenant.id": "other", "rpc.method": "a.B/Get", "rpc.response.status_code": "NOT_FOUND"}
    store.add(received([make_span(trace=2, service="user", duration=2_000, attributes=other, **server)]))
    error = {"tenant.id": "acme", "http.response.status_code": 503}
    store.add(received([make_span(trace=3, service="gateway", attributes=error, status=Status.ERROR, **server)]))
    sqlite = {"db.system.name": "sqlite"}
    store.add(received([make_span(trace=3, span=2, parent=1, service="order", kind=Kind.CLIENT, attributes=sqlite)]))
    return store


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (TraceFilter(), [3, 2, 1]),
        (TraceFilter(service="order"), [3, 1]),
        (TraceFilter(route="/v1/orders"), [1]),
        (TraceFilter(route="a.B/Get"), [2]),
        (TraceFilter(tenant="acme"), [3, 1]),
        (TraceFilter(status="error"), [3]),
        (TraceFilter(status="ok"), [2, 1]),
        (TraceFilter(status="503"), [3]),
        (TraceFilter(status="5xx"), [3]),
        (TraceFilter(status="not_found"), [2]),
        (TraceFilter(min_duration=seconds(2)), [2]),
        (TraceFilter(text="get /V1"), [3, 2, 1]),
        (TraceFilter(text="Grüße"), [1]),
        (TraceFilter(text="USER"), [2]),
        (TraceFilter(text=f"{2:032x}"), [2]),
        (TraceFilter(text=f"{2:016X}"), [3, 1]),
        (TraceFilter(text="nowhere"), []),
        (TraceFilter(caller="gateway", callee="order"), [3, 1]),
        (TraceFilter(caller="order", callee="sqlite"), [3]),
        (TraceFilter(caller="order", callee="gateway"), []),
        (TraceFilter(service="order", status="ok"), [1]),
    ],
)
def test_all_that_a_filter_says_must_hold(listed: TraceStore, wanted: TraceFilter, found: list[int]) -> None:
    assert [int(trace.trace_id, 16) for trace in listed.page(wanted).traces] == found


def test_the_list_is_given_page_by_page_and_keeps_its_place(
    store: TraceStore, make_span: MakeSpan, received: Received
) -> None:
    store.add(received([make_span(trace=trace) for trace in range(1, 6)]))
    page = store.page(limit=2)
    assert ([trace.number for trace in page.traces], page.older) == ([5, 4], 4)
    store.add(received([make_span(trace=6)]))
    page = store.page(limit=2, before=page.older)
    assert ([trace.number for trace in page.traces], page.older) == ([3, 2], 2)
    page = store.page(limit=2, before=page.older)
    assert ([trace.number for trace in page.traces], page.older) == ([1], None)


def test_what_can_be_filtered_by_is_known(listed: TraceStore) -> None:
    facets = listed.facets()
    assert facets == Facets(
        services=("gateway", "order", "user"),
        routes=("/v1/orders", "a.B/Get"),
        statuses=("200", "503", "NOT_FOUND"),
        tenants=("acme", "other"),
    )


def test_a_trace_is_read_once_until_it_grows(store: TraceStore, make_span: MakeSpan, received: Received) -> None:
    store.add(received([make_span(span=1)]))
    first = store.trace(f"{1:032x}")
    assert store.trace(f"{1:032x}") is first
    store.add(received([make_span(span=2)]))
    again = store.trace(f"{1:032x}")
    assert again
    assert len(again.spans) == 2


async def test_traces_that_come_or_grow_are_told(store: TraceStore, make_span: MakeSpan, received: Received) -> None:
    async with store.subscribe() as changes:
        store.add(received([make_span(trace=1), make_span(trace=2), make_span(trace=1, span=2)]))
        batch = await anext(aiter(changes))
    assert [(summary.number, summary.spans) for summary in batch.items] == [(1, 2), (2, 1)]


async def test_of_traces_that_have_gone_nothing_is_told(make_span: MakeSpan, received: Received) -> None:
    store = TraceStore(Limits(traces=1))
    async with store.subscribe() as changes:
        store.add(received([make_span(trace=1), make_span(trace=2)]))
        batch = await anext(aiter(changes))
    assert [int(summary.trace_id, 16) for summary in batch.items] == [2]
