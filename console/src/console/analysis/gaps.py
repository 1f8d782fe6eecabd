"""The gaps: time that a span spent in none of the spans below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console.analysis.forest import Node, walk
from console.model import Kind, Span, Trace

_SMALLEST_SHARE = 0.05  # of the trace's duration


@dataclass(frozen=True, slots=True)
class Gap:
    """Time of a span in none of its children, nanoseconds since the epoch, and what was before and after it.

    ``on_the_way`` is time of a call that the called service does not account for: the network, queues, and both
    libraries. ``before`` and ``after`` are the names of the children at its sides; empty at the span's own ends.
    """

    span_id: str
    start: int
    end: int
    before: str
    after: str
    on_the_way: bool

    @property
    def duration(self) -> int:
        """How long it is in nanoseconds."""
        return self.end - self.start


def gaps(trace: Trace, roots: list[Node]) -> list[Gap]:
    """Give the gaps that take at least a twentieth of the trace, parents first, each span's in the order of time.

    A span without children has none: all of its time is its own.
    """
    smallest = max(1, int(trace.duration * _SMALLEST_SHARE))
    return [gap for node in walk(roots) for gap in _of(node) if gap.duration >= smallest]


def _of(node: Node) -> Iterator[Gap]:
    span = node.span
    if not node.children:
        return
    cursor, before = span.start, ""
    for child in node.children:
        if child.span.start > cursor:
            yield _gap(span, cursor, min(child.span.start, span.end), before, child.span)
        if child.span.end >= cursor:
            cursor, before = child.span.end, child.span.name
    if span.end > cursor:
        yield Gap(span.span_id, cursor, span.end, before, "", _is_call(span, node.children[-1].span))


def _gap(span: Span, start: int, end: int, before: str, after: Span) -> Gap:
    return Gap(span.span_id, start, end, before, after.name, _is_call(span, after))


def _is_call(span: Span, child: Span) -> bool:
    return span.kind in {Kind.CLIENT, Kind.PRODUCER} and child.kind in {Kind.SERVER, Kind.CONSUMER}
