"""Keeps the latest traces in memory, within bounds."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TypeVar

from console.model import Trace
from console.otlp.spans import StoredSpan
from console.query import Dependency, Operation, Query, calls_between
from console.store.counts import TraceCounts
from console.store.facets import Facets, FacetValue, facet_values
from console.store.feed import Feed, Subscription
from console.store.held import HeldTrace, OperationKey
from console.store.limits import Limits
from console.store.reading import ReadTraces
from console.store.sources import Sources
from console.store.summary import TraceFilter, TraceSummary

_AT_ONCE = 500

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the items of one request; a span that is already there counts as taken.

    Attributes:
        taken: how many are kept.
        refused: how many are not.
        reason: why the first of those is not.
        kept: the spans that are new; of log records and metrics, all are.
        gone: the ids of the traces that went to make room.
        oldest: of log records and metrics, the number of the first that is still held.
    """

    taken: int = 0
    refused: int = 0
    reason: str = ""
    kept: tuple[StoredSpan, ...] = ()
    gone: tuple[str, ...] = ()
    oldest: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """How much the store holds now, and how many whole traces it has let go to stay within its bounds."""

    traces: int
    spans: int
    memory_bytes: int
    evicted_traces: int
    spans_by_service: dict[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class TracePage:
    """A part of the list of traces, those that came last first.

    Attributes:
        traces: what was asked for.
        older: `before` of the next page; None when there is none.
    """

    traces: list[TraceSummary]
    older: int | None


class TraceStore:
    """Traces by id, by service and by time; may be used from any thread.

    When a bound is passed, the trace whose first span came first goes, whole. A span that comes late joins its trace.
    A span whose id its trace already has is ignored: exporters send again what they are not sure of.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._traces: OrderedDict[str, HeldTrace] = OrderedDict()  # in the order of arrival
        self._by_service: dict[str, set[str]] = {}  # ids of the traces with spans of the service
        self._operations: Counter[OperationKey] = Counter()
        self._sources = Sources()
        self._facets: TraceCounts[FacetValue] = TraceCounts()
        self._calls: TraceCounts[tuple[str, str]] = TraceCounts()
        self._read = ReadTraces()
        self._feed: Feed[str] = Feed()
        self._spans = 0
        self._size = 0
        self._arrived = 0
        self._evicted = 0

    def add(self, spans: Iterable[StoredSpan]) -> Added:
        """Take spans; refuse those that would make one trace larger than it may be."""
        known = 0
        reasons: list[str] = []
        kept: list[StoredSpan] = []
        gone: list[str] = []
        with self._lock:
            for span in spans:
                held = self._traces.get(span.trace_id) or HeldTrace(span.trace_id, self._arrived + 1)
                if span.span_id in held.spans:
                    known += 1
                elif why_not := self._no_room_in(held, span):
                    reasons.append(why_not)
                else:
                    self._add(held, span)
                    kept.append(span)
                while self._over():
                    gone.append(self._evict_oldest())
        self._feed.publish({span.trace_id: None for span in kept})
        return Added(known + len(kept), len(reasons), next(iter(reasons), ""), tuple(kept), tuple(gone))

    def trace(self, trace_id: str) -> Trace | None:
        """Give the trace with this id of 32 lower-case hex digits, if it is there."""
        spans = self.stored(trace_id)
        return self._read.read(trace_id, spans) if spans else None

    def stored(self, trace_id: str) -> list[StoredSpan]:
        """Give the spans of a trace as they came; none when it is not there."""
        with self._lock:
            held = self._traces.get(trace_id)
            return list(held.spans.values()) if held else []

    def read(self, spans: list[StoredSpan]) -> Trace:
        """Read spans of one trace, at least one, as `since` gives them."""
        return self._read.read(spans[0].trace_id, spans)

    def summary(self, trace_id: str) -> TraceSummary | None:
        """Give the summary of the trace with this id, if it is there."""
        with self._lock:
            held = self._traces.get(trace_id)
            return held.summary() if held else None

    def page(self, wanted: TraceFilter | None = None, *, before: int | None = None, limit: int = 100) -> TracePage:
        """Give a part of the list of traces.

        Args:
            wanted: which traces; all by default.
            before: give those that came before the one with this number.
            limit: how many at most.
        """
        wanted = wanted or TraceFilter()
        found: list[TraceSummary] = []
        for held in chain.from_iterable(self._latest_first()):
            if before is not None and held.number >= before:
                continue
            with self._lock:
                summary = held.summary() if _is_wanted(held, wanted) else None
            if summary is None:
                continue
            if len(found) == limit:
                return TracePage(found, older=found[-1].number if found else None)
            found.append(summary)
        return TracePage(found, older=None)

    def facets(self) -> Facets:
        """Give what the traces can be filtered by."""
        self._settle(self._facets, lambda held: facet_values(held.summary()))
        with self._lock:
            return Facets.of(self._facets)

    def services(self) -> list[str]:
        """Give the names of the services that have spans here, sorted."""
        with self._lock:
            return sorted(self._by_service)

    def operations(self, service: str, kind: str = "") -> list[Operation]:
        """Give what a service does, sorted; of one kind only when it is named."""
        with self._lock:
            keys = list(self._operations)
        return sorted({Operation(name, k) for s, name, k in keys if s == service and kind in {"", k}})

    def search(self, query: Query) -> list[TraceSummary]:
        """Give the traces that match, those that came last first, at most ``query.limit``."""
        found: list[TraceSummary] = []
        for held in self._candidates(query):
            if len(found) >= query.limit:
                break
            with self._lock:
                summary, spans = held.summary(), list(held.spans.values())
            if any(map(query.matches, spans)):
                found.append(summary)
        return found

    def dependencies(self, start: int, end: int) -> list[Dependency]:
        """Count calls between services in the traces that lie wholly between two times, both in nanoseconds."""
        self._settle(self._calls, lambda held: calls_between(held.spans))
        with self._lock:
            traces = list(self._traces.values())
        outside = [held.trace_id for held in traces if held.start < start or held.end > end]
        with self._lock:
            calls = self._calls.without(outside)
        return sorted(Dependency(caller, callee, number) for (caller, callee), number in calls.items())

    def since(self, start: int) -> Iterator[list[StoredSpan]]:
        """Give the spans of each trace that has one that starts at this time (nanoseconds) or later."""
        for held in self._candidates(Query(start=start)):
            with self._lock:
                spans = list(held.spans.values())
            yield spans

    def subscribe(self) -> Subscription[str, TraceSummary]:
        """Tell of traces that come or grow, see `console.store.feed`."""
        return self._feed.subscribe(
            lambda ids: [summary for trace_id in ids if (summary := self.summary(trace_id)) is not None]
        )

    def close(self) -> None:
        """End all subscriptions."""
        self._feed.close()

    def usage(self) -> Usage:
        """Say how full the store is."""
        by_service: Counter[str] = Counter()
        with self._lock:
            for (service, _, _), count in self._operations.items():
                by_service[service] += count
            size = self._size + self._sources.size
            return Usage(len(self._traces), self._spans, size, self._evicted, dict(by_service))

    def _settle(self, counts: TraceCounts[K], count: Callable[[HeldTrace], Mapping[K, int]]) -> None:
        settled = False
        while not settled:
            with self._lock:  # others get their turn in between
                settled = counts.settle(lambda trace_id: count(self._traces[trace_id]))

    def _latest_first(self) -> Iterator[list[HeldTrace]]:
        """Give all traces, some at a time: most who ask need no more than the first, and do not pay for the rest."""
        with self._lock:
            first = list(islice(reversed(self._traces.values()), _AT_ONCE))
        yield first
        if len(first) == _AT_ONCE:
            with self._lock:
                rest = [held for held in self._traces.values() if held.number < first[-1].number]
            rest.reverse()
            for begin in range(0, len(rest), _AT_ONCE):
                yield rest[begin : begin + _AT_ONCE]

    def _candidates(self, query: Query) -> Iterator[HeldTrace]:
        for some in self._latest_of(query.service) if query.service else self._latest_first():
            with self._lock:  # others get their turn in between
                wanted = [held for held in some if held.may_match(query)]
            yield from wanted

    def _latest_of(self, service: str) -> Iterator[list[HeldTrace]]:
        """Give the traces with spans of a service: few ones are put in order, many are picked out of all."""
        with self._lock:
            ids = self._by_service.get(service, set()).copy()
            few = [self._traces[trace_id] for trace_id in ids] if len(ids) <= _AT_ONCE else None
        if few is not None:
            yield sorted(few, key=lambda held: held.number, reverse=True)
            return
        for some in self._latest_first():
            yield [held for held in some if held.trace_id in ids]

    def _add(self, held: HeldTrace, span: StoredSpan) -> None:
        if not held.spans:
            self._arrived = held.number
            self._traces[span.trace_id] = held
        span.source = self._sources.hold(span.source)
        held.add(span)
        self._facets.change(span.trace_id)
        self._calls.change(span.trace_id)
        self._by_service.setdefault(span.service, set()).add(span.trace_id)
        self._operations[span.service, span.name, span.kind] += 1
        self._spans += 1
        self._size += span.size

    def _no_room_in(self, held: HeldTrace, span: StoredSpan) -> str:
        most_spans = min(self._limits.spans_per_trace, self._limits.spans)
        if len(held.spans) >= most_spans:
            return f"trace {span.trace_id} already has {most_spans} spans, as many as one may have"
        if held.size_with(span) > self._limits.memory_bytes // 2:
            return f"trace {span.trace_id} would take more than half of the {self._limits.memory_bytes} bytes of memory"
        return ""

    def _over(self) -> bool:
        limits = self._limits
        return (
            len(self._traces) > limits.traces
            or self._spans > limits.spans
            or self._size + self._sources.size > limits.memory_bytes
        )

    def _evict_oldest(self) -> str:
        trace_id, held = self._traces.popitem(last=False)
        for key, count in held.operations.items():
            self._operations[key] -= count
            if not self._operations[key]:
                del self._operations[key]
            self._forget_service(key[0], trace_id)
        for span in held.spans.values():
            self._sources.release(span.source)
        self._read.drop(trace_id)
        self._facets.drop(trace_id)
        self._calls.drop(trace_id)
        self._spans -= len(held.spans)
        self._size -= held.size
        self._evicted += 1
        return trace_id

    def _forget_service(self, service: str, trace_id: str) -> None:
        traces = self._by_service.get(service, set())
        traces.discard(trace_id)
        if not traces:
            self._by_service.pop(service, None)


def _is_wanted(held: HeldTrace, wanted: TraceFilter) -> bool:
    return (
        wanted.matches(held.summary())
        and (not wanted.text or held.contains(wanted.text))
        and (not wanted.callee or held.has_call(wanted.caller, wanted.callee))
    )
