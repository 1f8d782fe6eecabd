"""The warnings that Jaeger puts on spans whose times or parents are odd, in its words."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

from console.model import Span, Trace

_SECOND = 1_000_000_000
_NO_REFERENCE = (
    "Invalid span reference removed {TraceID:0000000000000000 SpanID:%s RefType:FOLLOWS_FROM"
    " XXX_NoUnkeyedLiteral:{} XXX_unrecognized:[] XXX_sizecache:0}"
)


def warnings_of(trace: Trace) -> dict[str, list[str]]:
    """Give the warnings by span id; a span without one has no entry.

    Jaeger moves spans of other hosts only when it is told to; by default it says by how much it would.
    """
    spans = {span.span_id: span for span in trace.spans}
    warnings: defaultdict[str, list[str]] = defaultdict(list)
    for span in trace.spans:
        own = [*_backwards(span), *_misplaced(span, spans), *_empty_links(span)]
        if own:
            warnings[span.span_id] = own
    return dict(warnings)


def _backwards(span: Span) -> list[str]:
    if span.end > span.start:
        return []
    times = f"Original end timestamp: {_moment(span.end)}, adjusted to: {_moment(span.start + 1)}"
    return [f"Negative duration detected, sanitizing end timestamp. {times}"]


def _misplaced(span: Span, spans: dict[str, Span]) -> list[str]:
    if not span.parent_id:
        return []
    parent = spans.get(span.parent_id)
    if parent is None:
        return [f"invalid parent span IDs={span.parent_id}; skipping clock skew adjustment"]
    skew = _skew(span, parent)
    if not skew:
        return []
    return [f"clock skew adjustment disabled; not applying calculated delta of {_duration(skew)}"]


def _empty_links(span: Span) -> list[str]:
    return [_NO_REFERENCE % (link.span_id or "0" * 16) for link in span.links if not link.trace_id]


def _skew(child: Span, parent: Span) -> int:
    """How far the child would have to move, in nanoseconds, to lie in its parent: in the middle, when it fits."""
    child_end, parent_end = max(child.end, child.start + 1), max(parent.end, parent.start + 1)
    spare = (parent_end - parent.start) - (child_end - child.start)
    if spare < 0:
        return max(0, parent.start - child.start)
    if child.start >= parent.start and child_end <= parent_end:
        return 0
    return parent.start + spare // 2 - child.start


def _moment(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, _SECOND)
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def _duration(nanoseconds: int) -> str:
    """Write a duration as Go does: 1h2m3.5s, 23.25ms, 7µs, 1ns."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    for unit, length in (("ns", 1_000), ("µs", 1_000_000), ("ms", _SECOND)):
        if rest < length:
            return f"{sign}{_decimal(rest, length // 1_000)}{unit}"
    minutes, seconds = divmod(rest, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    larger = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{larger}{_decimal(seconds, _SECOND)}s"


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if rest else str(whole)
