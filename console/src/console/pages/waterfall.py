"""Lays one trace out for the page: its spans with their log lines among them, and where its time went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from console.analysis.critical_path import Segment, critical_path
from console.analysis.forest import Node, forest
from console.analysis.gaps import Gap, gaps
from console.analysis.origins import origins
from console.model import Event, LogRecord, Span, Trace
from console.pages.texts import percent
from console.tree import failure_text

EXCEPTION = "exception"

_NARROWEST = 0.2  # percent of the width: what is shorter is still seen
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar, in percent of the trace's duration."""

    left: float
    width: float


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A span: its bar, which parts of it lie on the critical path or in no span below it, and its events' places."""

    span: Span
    level: int
    opens: bool
    is_origin: bool
    bar: Part
    critical: list[Part] = field(default_factory=list)
    gaps: list[Part] = field(default_factory=list)
    events: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """How far it is indented; what lies very deep goes no further."""
        return min(self.level - 1, _DEEPEST)


@dataclass(frozen=True, slots=True)
class LogRow:
    """A log line of the span above it, at its place in time among what that span caused."""

    record: LogRecord
    level: int
    left: float

    @property
    def depth(self) -> int:
        """How far it is indented."""
        return min(self.level - 1, _DEEPEST)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the trace's time a service is what the end waits for; no service: no span was open."""

    service: str
    duration: int
    part: Part


class Waterfall:
    """All that the page shows of one trace.

    Args:
        trace: the trace.
        records: its log records, in the order of their times.
    """

    def __init__(self, trace: Trace, records: Sequence[LogRecord] = ()) -> None:
        self.trace = trace
        self.start, self.duration = trace.start, trace.duration  # which a trace counts anew each time
        self.roots = forest(trace)
        self.records = records
        self.origins = origins(self.roots)
        self.gaps = gaps(trace, self.roots)
        self.path = critical_path(trace, self.roots)

    def rows(self) -> Iterator[SpanRow | LogRow]:
        """Give the rows from top to bottom."""
        gaps_of, path_of = _by_span(self.gaps), _by_span(self.path)
        logs = self._logs_by_span()
        pending: list[tuple[Node | LogRecord, int]] = [(node, 1) for node in reversed(self.roots)]
        pending[:0] = [(record, 1) for record in reversed(logs.get("", []))]
        while pending:
            item, level = pending.pop()
            if isinstance(item, LogRecord):
                yield LogRow(item, level, self._place(item.time))
                continue
            span_id = item.span.span_id
            below = _in_time(item.children, logs.get(span_id, []))
            critical = [self._part(segment.start, segment.end) for segment in path_of.get(span_id, ())]
            hollow = [self._part(gap.start, gap.end) for gap in gaps_of.get(span_id, ())]
            yield self._row(item.span, level, opens=bool(below), critical=critical, gaps=hollow)
            pending += [(each, level + 1) for each in reversed(below)]

    def shares(self) -> list[Share]:
        """Say what the end of the trace's roots waited for: the critical path by service, the largest share first.

        What goes on after the roots have ended kept nobody waiting, and is in none.
        """
        ends = [max(node.span.end, node.span.start) for node in self.roots]
        total = max(1, max(ends) - self.start)
        services = {span.span_id: span.service for span in self.trace.spans}
        times: defaultdict[str, int] = defaultdict(int)
        for segment in self.path:
            times[services[segment.span_id]] += segment.end - segment.start
        left = max(ends) - self.start - sum(times.values())
        ordered = sorted(times.items(), key=lambda each: -each[1]) + ([("", left)] if left > 0 else [])
        shares, at = [], 0.0
        for service, duration in ordered:
            part = Part(at, percent(duration, total))
            shares.append(Share(service, duration, part))
            at += part.width
        return shares

    def causes(self) -> list[tuple[Span, str]]:
        """Give the spans in which errors began, each with what it said, in the order of their start."""
        return [(span, failure_text(span)) for span in self.trace.spans if span.span_id in self.origins]

    def ticks(self, count: int = 5) -> list[int]:
        """Give the moments to write at the axis, in nanoseconds after the start."""
        return [self.duration * step // (count - 1) for step in range(count)]

    def _row(self, span: Span, level: int, *, opens: bool, critical: list[Part], gaps: list[Part]) -> SpanRow:
        return SpanRow(
            span=span,
            level=level,
            opens=opens,
            is_origin=span.span_id in self.origins,
            bar=self._part(span.start, span.start + span.duration),
            critical=critical,
            gaps=gaps,
            events=[(self._place(event.time), is_exception(event)) for event in span.events],
        )

    def _part(self, start: int, end: int) -> Part:
        total = max(1, self.duration)
        width = max(_NARROWEST, percent(end - start, total))
        return Part(min(100 - _NARROWEST, percent(start - self.start, total)), min(100.0, width))

    def _place(self, time: int) -> float:
        return min(100.0, max(0.0, percent(time - self.start, max(1, self.duration))))

    def _logs_by_span(self) -> dict[str, list[LogRecord]]:
        """Give the records of each span; under no id those of spans that are not here."""
        here = {span.span_id for span in self.trace.spans}
        found: defaultdict[str, list[LogRecord]] = defaultdict(list)
        for record in self.records:
            found[record.span_id if record.span_id in here else ""].append(record)
        return found


def is_exception(event: Event) -> bool:
    """Say whether an event is a recorded exception."""
    return event.name == EXCEPTION


def _in_time(children: list[Node], records: list[LogRecord]) -> list[Node | LogRecord]:
    """Put log records among the children by their times."""
    if not records:
        return list(children)
    return sorted([*children, *records], key=lambda each: each.span.start if isinstance(each, Node) else each.time)


def _by_span(parts: Sequence[Gap] | Sequence[Segment]) -> dict[str, list[Gap | Segment]]:
    found: defaultdict[str, list[Gap | Segment]] = defaultdict(list)
    for part in parts:
        found[part.span_id].append(part)
    return found
