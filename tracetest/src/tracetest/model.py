"""A trace as a test sees it: a tree of spans, and the log records and measurements that were made within it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

Value: TypeAlias = "str | bool | int | float | tuple[object, ...]"
Attributes: TypeAlias = Mapping[str, Value]
Kind = Literal["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
Status = Literal["UNSET", "OK", "ERROR"]


@dataclass(frozen=True, slots=True)
class Link:
    """Another span that a span names without being its child; as an expectation, its ids may be matchers."""

    trace_id: Any
    span_id: Any


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened within a span, such as an exception; as an expectation, its values may be matchers."""

    name: Any
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span.

    Attributes:
        service: The ``service.name`` of its resource.
        name: As it was exported.
        kind: Which side of a call it is.
        status: How it ended.
        span_id: 16 hex digits.
        parent_id: The same, of its parent; None for a span without one.
        start: Microseconds since the epoch.
        duration: Microseconds.
        attributes: Its own; those of the resource are in `resource`.
        status_message: What was said with the status.
        events: In the order of their time.
        links: To spans of other traces.
        resource: Attributes of who made it.
    """

    service: str
    name: str
    kind: Kind
    status: Status
    span_id: str
    parent_id: str | None
    start: int
    duration: int
    attributes: Attributes = field(default_factory=dict)
    status_message: str = ""
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    resource: Attributes = field(default_factory=dict)

    @property
    def end(self) -> int:
        """Microseconds since the epoch."""
        return self.start + self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """What was logged within a trace.

    Attributes:
        service: Whose it is.
        body: The message.
        severity: Such as INFO or ERROR.
        span_id: The span that was current.
        attributes: What was logged beside the message.
    """

    service: str
    body: str
    severity: str
    span_id: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measurement that was made within a trace: an exemplar of a metric.

    Attributes:
        service: Whose it is.
        name: The metric.
        unit: Of the value.
        value: What was measured.
        span_id: The span that was current.
        attributes: The labels of the metric's point.
    """

    service: str
    name: str
    unit: str
    value: float
    span_id: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True)
class Trace:
    """The spans of one trace, in the order of their start.

    Attributes:
        trace_id: 32 hex digits.
        spans: Every one of them.
        logs: What was logged within it; None where nobody keeps log records.
        metrics: What was measured within it; None where nobody keeps measurements.
        caller: The span id that the request came with: the one parent that nobody exports.
        link: Where a browser shows it.
    """

    trace_id: str
    spans: Sequence[Span]
    logs: Sequence[LogRecord] | None = None
    metrics: Sequence[Measurement] | None = None
    caller: str | None = None
    link: str | None = None

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def __len__(self) -> int:
        return len(self.spans)

    @cached_property
    def roots(self) -> list[Span]:
        """The spans whose parent is not in the trace."""
        ids = {span.span_id for span in self.spans}
        return [span for span in self.spans if span.parent_id not in ids]

    @property
    def root(self) -> Span:
        """The one root; raises ValueError when there are more or none."""
        (root,) = self.roots
        return root

    def children(self, span: Span) -> list[Span]:
        """Give what a span caused, in the order of their start."""
        return self._children[span.span_id]

    def parent(self, span: Span) -> Span | None:
        """Give what caused a span; None for a root."""
        return self._by_id.get(span.parent_id or "")

    def descendants(self, span: Span) -> list[Span]:
        """Give all that a span caused, at any depth, in the order of their start."""
        below = [each for child in self.children(span) for each in (child, *self.descendants(child))]
        return sorted(below, key=lambda each: each.start)

    def named(self, name: str, *, service: str | None = None, kind: Kind | None = None) -> list[Span]:
        """Give the spans of a name, of one service and kind if asked."""
        return [
            span
            for span in self.spans
            if span.name == name and service in (None, span.service) and kind in (None, span.kind)
        ]

    @cached_property
    def _by_id(self) -> dict[str, Span]:
        return {span.span_id: span for span in self.spans}

    @cached_property
    def _children(self) -> defaultdict[str | None, list[Span]]:
        children: defaultdict[str | None, list[Span]] = defaultdict(list)
        for span in self.spans:
            children[span.parent_id].append(span)
        return children
