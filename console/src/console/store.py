"""Keeps the latest traces in memory, within bounds."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from console.model import Span, Trace, trace_of
from console.query import Dependency, Operation, Query, dependencies

_OperationKey = tuple[str, str, str]  # service, name, kind


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the store holds: traces, spans in all, spans in one trace, and rough bytes of memory."""

    traces: int = 10_000
    spans: int = 100_000
    spans_per_trace: int = 20_000
    memory_bytes: int = 256 << 20


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the spans of one request; a span that is already there counts as taken."""

    taken: int = 0
    refused: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much the store holds now, and how many whole traces it has let go to stay within its bounds."""

    traces: int
    spans: int
    memory_bytes: int
    evicted_traces: int


@dataclass(slots=True)
class _Held:
    """A trace that may still grow, with what a search needs to pass it by quickly."""

    spans: dict[str, Span] = field(default_factory=dict)
    operations: Counter[_OperationKey] = field(default_factory=Counter)
    size: int = 0
    first_start: int = 0
    last_start: int = 0
    frozen: Trace | None = None

    def add(self, span: Span) -> None:
        self.first_start = min(self.first_start, span.start) if self.spans else span.start
        self.last_start = max(self.last_start, span.start)
        self.spans[span.span_id] = span
        self.operations[span.service, span.name, span.kind] += 1
        self.size += span.size
        self.frozen = None

    def trace(self) -> Trace:
        if self.frozen is None:
            self.frozen = trace_of(list(self.spans.values()))
        return self.frozen

    def may_match(self, query: Query) -> bool:
        if query.start is not None and self.last_start < query.start:
            return False
        if query.end is not None and self.first_start > query.end:
            return False
        return not query.operation or any(name == query.operation for _, name, _ in self.operations)


class TraceStore:
    """Traces by id, by service and by time; may be used from any thread.

    When a bound is passed, the trace whose first span came first goes, whole. A span that comes late joins its trace.
    A span whose id its trace already has is ignored: exporters send again what they are not sure of.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._traces: OrderedDict[str, _Held] = OrderedDict()  # in the order of arrival
        self._by_service: dict[str, set[str]] = {}  # ids of the traces with spans of the service
        self._operations: Counter[_OperationKey] = Counter()
        self._spans = 0
        self._size = 0
        self._evicted = 0

    def add(self, spans: Iterable[Span]) -> Added:
        """Take spans; refuse those that would make one trace larger than it may be."""
        taken = refused = 0
        reason = ""
        with self._lock:
            for span in spans:
                why_not = self._add(span)
                if why_not:
                    refused += 1
                    reason = reason or why_not
                else:
                    taken += 1
        return Added(taken, refused, reason)

    def trace(self, trace_id: str) -> Trace | None:
        """Give the trace with this id of 32 lower-case hex digits, if it is there."""
        with self._lock:
            held = self._traces.get(trace_id)
            return held.trace() if held else None

    def services(self) -> list[str]:
        """Give the names of the services that have spans here, sorted."""
        with self._lock:
            return sorted(self._by_service)

    def operations(self, service: str, kind: str = "") -> list[Operation]:
        """Give what a service does, sorted; of one kind only when it is named."""
        with self._lock:
            keys = list(self._operations)
        return sorted({Operation(name, k) for s, name, k in keys if s == service and kind in {"", k}})

    def search(self, query: Query) -> list[Trace]:
        """Give the traces that match, those that came last first, at most ``query.limit``."""
        found: list[Trace] = []
        for trace in self._candidates(query):
            if len(found) >= query.limit:
                break
            if any(map(query.matches, trace.spans)):
                found.append(trace)
        return found

    def dependencies(self, start: int, end: int) -> list[Dependency]:
        """Count calls between services in the traces that lie wholly between two times, both in nanoseconds."""
        traces = self._candidates(Query(start=start, end=end))
        return dependencies(trace for trace in traces if start <= trace.start and trace.end <= end)

    def usage(self) -> Usage:
        """Say how full the store is."""
        with self._lock:
            return Usage(len(self._traces), self._spans, self._size, self._evicted)

    def _candidates(self, query: Query) -> Iterator[Trace]:
        with self._lock:
            ids = list(self._traces)
            if query.service:
                with_service = self._by_service.get(query.service, set())
                ids = [trace_id for trace_id in ids if trace_id in with_service]
        for trace_id in reversed(ids):
            with self._lock:
                held = self._traces.get(trace_id)
                trace = held.trace() if held and held.may_match(query) else None
            if trace:
                yield trace

    def _add(self, span: Span) -> str:
        held = self._traces.get(span.trace_id)
        if held and span.span_id in held.spans:
            return ""
        why_not = self._no_room_in(held or _Held(), span)
        if why_not:
            return why_not
        if held is None:
            held = self._traces[span.trace_id] = _Held()
        held.add(span)
        self._by_service.setdefault(span.service, set()).add(span.trace_id)
        self._operations[span.service, span.name, span.kind] += 1
        self._spans += 1
        self._size += span.size
        while self._over():
            self._evict_oldest()
        return ""

    def _no_room_in(self, held: _Held, span: Span) -> str:
        most_spans = min(self._limits.spans_per_trace, self._limits.spans)
        if len(held.spans) >= most_spans:
            return f"trace {span.trace_id} already has {most_spans} spans, as many as one may have"
        if held.size + span.size > self._limits.memory_bytes // 2:
            return f"trace {span.trace_id} would take more than half of the {self._limits.memory_bytes} bytes of memory"
        return ""

    def _over(self) -> bool:
        limits = self._limits
        return len(self._traces) > limits.traces or self._spans > limits.spans or self._size > limits.memory_bytes

    def _evict_oldest(self) -> None:
        trace_id, held = self._traces.popitem(last=False)
        for key, count in held.operations.items():
            self._operations[key] -= count
            if not self._operations[key]:
                del self._operations[key]
            self._forget_service(key[0], trace_id)
        self._spans -= len(held.spans)
        self._size -= held.size
        self._evicted += 1

    def _forget_service(self, service: str, trace_id: str) -> None:
        traces = self._by_service.get(service, set())
        traces.discard(trace_id)
        if not traces:
            self._by_service.pop(service, None)
