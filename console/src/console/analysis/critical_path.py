"""The critical path: at each moment the one span that the end of the trace waited for.

Walks back from the end, each time into the child that ended last, as in "Canopy: An End-to-End Performance Tracing And
Analysis System" (SOSP 2017) and as Jaeger's page does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from console.analysis.forest import Node
from console.model import Trace


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the path: from ``start`` to ``end``, nanoseconds since the epoch, the trace waited for this span."""

    span_id: str
    start: int
    end: int


@dataclass(slots=True)
class _Frame:
    """A span that is being walked; what lies behind ``cursor`` is done, what lies before ``low`` is its parent's."""

    span_id: str
    low: int
    cursor: int
    children: Iterator[Node]


def critical_path(trace: Trace, roots: list[Node]) -> list[Segment]:
    """Give the path in the order of time.

    Moments between roots are in no segment, nor is what goes on after the last root has ended: nobody waits for it.
    """
    whole = _Frame("", trace.start, trace.end, _last_first(roots))
    segments: list[Segment] = []
    stack = [whole]
    while stack:
        frame = stack[-1]
        child = next(frame.children, None)
        if child is None:
            _add(segments, frame, frame.low)
            stack.pop()
            continue
        end, low = min(child.span.end, frame.cursor), max(child.span.start, frame.low)
        if low >= end:  # it had nothing to do with what is left: it began later, or ended before its parent began
            continue
        _add(segments, frame, end)
        frame.cursor = low
        stack.append(_Frame(child.span.span_id, low, end, _last_first(child.children)))
    return segments[::-1]


def _last_first(nodes: list[Node]) -> Iterator[Node]:
    return iter(sorted(nodes, key=lambda node: node.span.end, reverse=True))


def _add(segments: list[Segment], frame: _Frame, start: int) -> None:
    if frame.span_id and start < frame.cursor:
        segments.append(Segment(frame.span_id, start, frame.cursor))
