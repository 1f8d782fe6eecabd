"""One trace that is held, and may still grow."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

from console.otlp.source import Source
from console.otlp.spans import StoredSpan
from console.query import Query
from console.store.summary import TraceSummary, summarize

OperationKey: TypeAlias = tuple[str, str, str]  # service, name, kind


class HeldTrace:
    """The spans of a trace, with what a search needs to pass it by quickly."""

    def __init__(self, trace_id: str, number: int) -> None:
        self.trace_id = trace_id
        self.number = number
        self.spans: dict[str, StoredSpan] = {}
        self.operations: Counter[OperationKey] = Counter()
        self.size = 0  # of its spans
        self._sources: set[Source] = set()
        self._sources_size = 0
        self.start = self.end = 0  # of the first span, and of the last to end
        self._last_start = 0
        self._summary: TraceSummary | None = None

    def add(self, span: StoredSpan) -> None:
        """Take a span whose id is not here yet."""
        self.start = min(self.start, span.start) if self.spans else span.start
        self.end = max(self.end, span.end, span.start)
        self._last_start = max(self._last_start, span.start)
        self.spans[span.span_id] = span
        self.operations[span.service, span.name, span.kind] += 1
        self.size += span.size
        if span.source not in self._sources:
            self._sources.add(span.source)
            self._sources_size += span.source.size
        self._summary = None

    def size_with(self, span: StoredSpan) -> int:
        """Say how large it would be with one more span, its sources counted as if no other trace had them."""
        new = 0 if span.source in self._sources else span.source.size
        return self.size + self._sources_size + span.size + new

    def summary(self) -> TraceSummary:
        """Give what a list shows of it."""
        if self._summary is None:
            self._summary = summarize(self.trace_id, self.number, self.spans)
        return self._summary

    def may_match(self, query: Query) -> bool:
        """Say whether one of its spans could fulfil the query; cheaper than to ask each."""
        if query.start is not None and self._last_start < query.start:
            return False
        if query.end is not None and self.start > query.end:
            return False
        return not query.operation or any(name == query.operation for _, name, _ in self.operations)

    def contains(self, text: str) -> bool:
        """Say whether a name, attribute or event has this text, in whatever case of ASCII's letters, or whose id it is.

        The spans are searched as they came: protobuf writes texts as they are.
        """
        lower, wanted = text.lower(), text.encode().lower()
        return (
            self.trace_id.startswith(lower)
            or lower in self.spans
            or any(lower in service.lower() for service in {service for service, _, _ in self.operations})
            or wanted in b"\0".join([span.wire for span in self.spans.values()]).lower()
        )

    def has_call(self, caller: str, callee: str) -> bool:
        """Say whether one service calls another, or a database."""
        return any((caller, callee) == (span.service, span.peer) for span in self.spans.values()) or any(
            (parent := self.spans.get(span.parent_id)) is not None and parent.service == caller
            for span in self.spans.values()
            if span.service == callee != caller
        )
