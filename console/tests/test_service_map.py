from __future__ import annotations

from collections.abc import Callable

import pytest

from console.model import Kind, Span, Status
from console.otlp.spans import StoredSpan
from console.service_map import Edge, Node, NodeKind, percentile, service_map
from console.store import TraceStore

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]
MILLISECOND, SECOND = 1_000_000, 1_000_000_000


def test_an_order_is_a_path_from_the_edge_to_the_databases(
    store: TraceStore, order_trace: list[Span], received: Received
) -> None:
    store.add(received(order_trace))
    found = service_map(store, now=order_trace[0].start + 10 * SECOND)
    assert [(node.name, node.kind, node.calls) for node in found.nodes] == [
        ("gateway", NodeKind.SERVICE, 1),
        ("order", NodeKind.SERVICE, 1),
        ("sqlite", NodeKind.BACKEND, 2),
        ("user", NodeKind.SERVICE, 1),
    ]
    pairs = [("gateway", "order"), ("order", "sqlite"), ("order", "user"), ("user", "sqlite")]
    assert [(edge.caller, edge.callee) for edge in found.edges] == pairs
    milliseconds = [34, 9, 10, 5]
    assert [edge.p50 for edge in found.edges] == [each * MILLISECOND for each in milliseconds]
    assert {edge.calls_per_second for edge in found.edges} == {0.1}


def test_a_call_failed_when_either_side_says_so(store: TraceStore, make_span: MakeSpan, received: Received) -> None:
    for trace, (client, server) in enumerate(
        [(Status.UNSET, Status.UNSET), (Status.ERROR, Status.UNSET), (Status.ERROR, Status.ERROR)], 1
    ):
        calling = make_span(trace=trace, span=1, service="a", kind=Kind.CLIENT, status=client)
        called = make_span(trace=trace, span=2, parent=1, service="b", kind=Kind.SERVER, status=server, duration=trace)
        store.add(received([calling, called]))
    found = service_map(store, now=make_span().start + SECOND)
    assert found.nodes == [Node("a", NodeKind.SERVICE, 0, 0), Node("b", NodeKind.SERVICE, 3, 1)]
    p50, p99 = 2 * MILLISECOND, 3 * MILLISECOND
    assert found.edges == [Edge("a", "b", 3, 2, calls_per_second=3.0, p50=p50, p95=p99, p99=p99)]


def test_what_began_before_the_window_or_is_still_to_come_is_left_out(
    store: TraceStore, make_span: MakeSpan, received: Received
) -> None:
    moments = (0, 5_000, 11_000)
    store.add(
        received([make_span(trace=number, kind=Kind.SERVER, start=start) for number, start in enumerate(moments, 1)])
    )
    found = service_map(store, window=8.0, now=make_span().start + 10 * SECOND)
    assert found.nodes == [Node("order", NodeKind.SERVICE, 1, 0)]
    assert found.seconds == 5.0


def test_without_calls_there_is_nothing(store: TraceStore) -> None:
    found = service_map(store)
    assert (found.nodes, found.edges) == ([], [])


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_percentile_is_a_value_that_came(share: float, value: int) -> None:
    assert percentile(range(1, 101), share) == value
    assert percentile([7], share) == 7


def test_who_is_called_is_on_the_map_even_without_a_span_that_serves(
    store: TraceStore, make_span: MakeSpan, received: Received
) -> None:
    store.add(received([make_span(span=1, service="batch"), make_span(span=2, parent=1, service="worker", start=1)]))
    found = service_map(store, window=10, now=make_span().start + SECOND)
    assert [node.name for node in found.nodes] == ["batch", "worker"]
    assert [(edge.caller, edge.callee) for edge in found.edges] == [("batch", "worker")]
