"""A trace as a test sees it: a tree of spans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

Value: TypeAlias = "str | bool | int | float"
Attributes: TypeAlias = Mapping[str, Value]
Kind = Literal["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
Status = Literal["UNSET", "OK", "ERROR"]


@dataclass(frozen=True, slots=True)
class Link:
    """Another span that a span names without being its child."""

    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened within a span, such as an exception."""

    name: str
    attributes: Attributes


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


@dataclass(frozen=True)
class Trace:
    """The spans of one trace, in the order of their start.

    Attributes:
        trace_id: 32 hex digits.
        spans: Every one of them.
    """

    trace_id: str
    spans: Sequence[Span]

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

    def named(self, name: str, *, service: str | None = None, kind: Kind | None = None) -> list[Span]:
        """Give the spans of a name, of one service and kind if asked."""
        return [
            span
            for span in self.spans
            if span.name == name and service in (None, span.service) and kind in (None, span.kind)
        ]

    @cached_property
    def _children(self) -> defaultdict[str | None, list[Span]]:
        children: defaultdict[str | None, list[Span]] = defaultdict(list)
        for span in self.spans:
            children[span.parent_id].append(span)
        return children
