"""Who calls whom, how often, how fast and with how many errors, made of the traces that are held."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from console.model import Kind
from console.otlp.spans import StoredSpan
from console.store.traces import TraceStore

_SECOND = 1_000_000_000
_SERVING = frozenset({Kind.SERVER, Kind.CONSUMER})
_CALLING = frozenset({Kind.CLIENT, Kind.PRODUCER})


class NodeKind(StrEnum):
    """What a node of the map is: something that sends spans, or a database or message system that is only called."""

    SERVICE = "service"
    BACKEND = "backend"


@dataclass(frozen=True, slots=True)
class Node:
    """A service with the calls that it serves, or a backend, whose calls are those of its edges."""

    name: str
    kind: NodeKind
    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Calls of one to another; durations are nanoseconds, measured by the called side where it has a span."""

    caller: str
    callee: str
    calls: int
    errors: int
    calls_per_second: float
    p50: int
    p95: int
    p99: int


@dataclass(frozen=True, slots=True)
class ServiceMap:
    """Nodes and edges in the order of their names, and the seconds over which they were counted."""

    nodes: list[Node]
    edges: list[Edge]
    seconds: float


@dataclass(slots=True)
class _Calls:
    durations: list[int] = field(default_factory=list)
    errors: int = 0

    def add(self, duration: int, *, failed: bool) -> None:
        self.durations.append(duration)
        self.errors += failed


class _Counts:
    """What was counted of each node and each pair of caller and callee."""

    def __init__(self) -> None:
        self.nodes: defaultdict[tuple[str, NodeKind], _Calls] = defaultdict(_Calls)
        self.edges: defaultdict[tuple[str, str], _Calls] = defaultdict(_Calls)
        self.first_start: int | None = None

    def add(self, spans: Iterable[StoredSpan], by_id: dict[str, StoredSpan]) -> None:
        for span in spans:
            self.first_start = span.start if self.first_start is None else min(self.first_start, span.start)
            if span.kind in _SERVING:
                self.nodes[span.service, NodeKind.SERVICE].add(span.duration, failed=span.failed)
            for caller, callee, failed in _calls_by(span, by_id.get(span.parent_id)):
                self.edges[caller, callee].add(span.duration, failed=failed)
                self.nodes.setdefault((caller, NodeKind.SERVICE), _Calls())  # it is there, even if nobody calls it
                if callee != span.peer:
                    self.nodes.setdefault((callee, NodeKind.SERVICE), _Calls())  # even if it says not that it serves
                else:
                    self.nodes[callee, NodeKind.BACKEND].add(span.duration, failed=failed)


def service_map(traces: TraceStore, *, window: float = 300.0, now: int | None = None) -> ServiceMap:
    """Count the calls that began in the last `window` seconds.

    Args:
        traces: what is held.
        window: seconds.
        now: nanoseconds since the epoch; this moment by default.
    """
    now = time.time_ns() if now is None else now
    since = now - int(window * _SECOND)
    counts = _Counts()
    for spans in traces.since(since):
        counts.add((span for span in spans if since <= span.start <= now), {span.span_id: span for span in spans})
    seconds = max(1.0, (now - (counts.first_start or now)) / _SECOND)
    return ServiceMap(
        nodes=[
            Node(name, kind, len(calls.durations), calls.errors)
            for (name, kind), calls in sorted(counts.nodes.items(), key=_key)
        ],
        edges=[
            _edge(caller, callee, calls, seconds) for (caller, callee), calls in sorted(counts.edges.items(), key=_key)
        ],
        seconds=seconds,
    )


def _key(item: tuple[tuple[str, str], _Calls]) -> tuple[str, str]:
    return item[0]


def percentile(ordered: Sequence[int], share: float) -> int:
    """Give the smallest value that at least this share of all values does not exceed; there must be one."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _calls_by(span: StoredSpan, parent: StoredSpan | None) -> Iterator[tuple[str, str, bool]]:
    """Give caller, callee and failure of the call that a span is, if it is one that leaves its service."""
    if parent is not None and parent.service != span.service:
        yield parent.service, span.service, span.failed or (parent.kind in _CALLING and parent.failed)
    if span.kind in _CALLING and span.peer:
        yield span.service, span.peer, span.failed


def _edge(caller: str, callee: str, calls: _Calls, seconds: float) -> Edge:
    ordered = sorted(calls.durations)
    return Edge(
        caller=caller,
        callee=callee,
        calls=len(ordered),
        errors=calls.errors,
        calls_per_second=len(ordered) / seconds,
        p50=percentile(ordered, 0.5),
        p95=percentile(ordered, 0.95),
        p99=percentile(ordered, 0.99),
    )
