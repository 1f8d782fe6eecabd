"""What the page tells of one span."""

from __future__ import annotations

from dataclasses import dataclass

from console.analysis.forest import Node, walk
from console.model import Attributes, Event, LogRecord, Span
from console.pages.curl import curl
from console.pages.waterfall import Waterfall, is_exception
from console.query import as_text
from console.tree import duration_text, failure_text, short_name

Pairs = list[tuple[str, str]]

_STACK = "exception.stacktrace"
_ORIGIN = "The error began here."


@dataclass(frozen=True, slots=True)
class EventView:
    """An event: when after the trace's start, in nanoseconds, its attributes, and its stack trace by itself."""

    name: str
    offset: int
    is_exception: bool
    attributes: Pairs
    stack: str


@dataclass(frozen=True, slots=True)
class SpanView:
    """A span in full.

    ``own`` is its time in none of its children and ``critical`` its part of the critical path, both in nanoseconds;
    ``gaps`` are sentences.
    """

    span: Span
    offset: int
    own: int
    critical: int
    failure: str
    blame: str
    blamed: Span | None
    gaps: list[str]
    attributes: Pairs
    resource: Pairs
    scope: Pairs
    curl: str
    events: list[EventView]
    records: list[LogRecord]


def view(waterfall: Waterfall, span_id: str) -> SpanView | None:
    """Give what there is to tell of a span; None when it is not in the trace."""
    node = next((node for node in walk(waterfall.roots) if node.span.span_id == span_id), None)
    if node is None:
        return None
    span, start = node.span, waterfall.start
    blamed = _blamed(waterfall, node)
    return SpanView(
        span=span,
        offset=span.start - start,
        own=_own_time(node),
        critical=sum(part.end - part.start for part in waterfall.path if part.span_id == span_id),
        failure=failure_text(span),
        blame=_ORIGIN if span_id in waterfall.origins else "",
        blamed=blamed,
        gaps=[_gap_text(gap.duration, gap.before, gap.after, span.name, on_the_way=gap.on_the_way)
              for gap in waterfall.gaps if gap.span_id == span_id],
        attributes=pairs(span.attributes),
        resource=[("service.name", span.service), *pairs(span.resource.attributes)],
        curl=curl(span),
        scope=[("name", span.scope.name), ("version", span.scope.version), *pairs(span.scope.attributes)],
        events=[_event(event, start) for event in span.events],
        records=[record for record in waterfall.records if record.span_id == span_id],
    )  # fmt: skip


def pairs(attributes: Attributes) -> Pairs:
    """Give attributes as text, in the order of their names."""
    return sorted((key, as_text(value)) for key, value in attributes.items())


def _own_time(node: Node) -> int:
    """Count the nanoseconds in which a span was open and none of its children."""
    own, cursor = node.span.duration, node.span.start
    for child in node.children:  # in the order of their start
        begin, end = max(child.span.start, cursor), min(child.span.end, node.span.end)
        if end > begin:
            own -= end - begin
            cursor = end
    return own


def _blamed(waterfall: Waterfall, node: Node) -> Span | None:
    """Give the span below a failed one in which its error began."""
    if not node.span.failed or node.span.span_id in waterfall.origins:
        return None
    return next(below.span for below in walk(node.children) if below.span.span_id in waterfall.origins)


def _gap_text(duration: int, before: str, after: str, name: str, *, on_the_way: bool) -> str:
    took = duration_text(duration)
    if on_the_way:
        return (
            f"{took} on the way {'back' if before else 'there'}: the network, queues, and the libraries of both sides"
        )
    if before and after:
        return f"{took} in no span, between {short_name(before)} and {short_name(after)}"
    if after:
        return f"{took} in no span, before {short_name(after)}"
    return f"{took} in no span, from the end of {short_name(before)} to the end of {short_name(name)}"


def _event(event: Event, start: int) -> EventView:
    attributes = dict(event.attributes)
    stack = as_text(attributes.pop(_STACK, ""))
    return EventView(event.name, max(0, event.time - start), is_exception(event), pairs(attributes), stack)
