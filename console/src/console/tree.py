"""Lays a trace out as a tree, one row a span, for the terminal and the page alike."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from console.model import Span, Status, Trace

_NANOSECONDS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"))
_DEEPEST_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Row:
    """A span and its place.

    ``more`` says for each level above, outermost first, whether that level goes on below this row; the last entry is
    the span's own level. It is empty for a root and goes no deeper than 24 levels.
    """

    span: Span
    depth: int
    more: tuple[bool, ...]
    offset: int


def rows(trace: Trace) -> list[Row]:
    """List the spans depth first, children in the order of their start; every span appears exactly once.

    A span whose parent is not in the trace is a root. Of spans that are each other's parents the first is one.
    """
    children: defaultdict[str, list[Span]] = defaultdict(list)
    for span in trace.spans:
        children[span.parent_id].append(span)
    ids = {span.span_id for span in trace.spans}
    roots = [span for span in trace.spans if span.parent_id not in ids]
    laid: dict[str, Row] = {}
    start = trace.start
    for root in [*roots, *trace.spans]:
        _lay(root, children, laid, start)
    return list(laid.values())


def _lay(root: Span, children: dict[str, list[Span]], laid: dict[str, Row], start: int) -> None:
    pending = [Row(root, 0, (), root.start - start)]
    while pending:
        row = pending.pop()
        if row.span.span_id in laid:
            continue
        laid[row.span.span_id] = row
        below = [span for span in children.get(row.span.span_id, ()) if span.span_id not in laid]
        for index, span in reversed(list(enumerate(below))):
            more = (*row.more, index < len(below) - 1)[:_DEEPEST_SHOWN]
            pending.append(Row(span, row.depth + 1, more, span.start - start))


def duration_text(nanoseconds: int) -> str:
    """Write a duration in the unit that suits it: 1.20 s, 42.12 ms, 7.0 µs, 15 ns."""
    for length, unit in _NANOSECONDS:
        if nanoseconds >= length:
            value = nanoseconds / length
            return f"{value:.{2 if value < 100 else 1}f} {unit}"  # noqa: PLR2004  three to four digits in all
    return f"{nanoseconds} ns"


def count_text(number: int, noun: str) -> str:
    """Write a number of things: 1 span, 2 spans."""
    return f"{number} {noun}{'s' * (number != 1)}"


def started_text(trace: Trace) -> str:
    """Write when a trace started, to the second."""
    started = datetime.fromtimestamp(trace.start // 1_000_000_000, UTC)
    return f"{started:%Y-%m-%d %H:%M:%S} UTC"


def status_text(span: Span) -> str:
    """Name how a span ended: the RPC's or HTTP's own status where it has one, else OK or ERROR, else nothing."""
    for key in ("rpc.response.status_code", "http.response.status_code"):
        code = span.attributes.get(key)
        if isinstance(code, (str, int)):
            return str(code)
    return "" if span.status is Status.UNSET else str(span.status)


def failure_text(span: Span) -> str:
    """Say why a span failed: its exception, else its status message; empty when it did not."""
    if not span.failed:
        return ""
    for event in span.events:
        if event.name == "exception":
            parts = (event.attributes.get("exception.type"), event.attributes.get("exception.message"))
            named = ": ".join(str(part) for part in parts if part)
            if named:
                return named
    return span.status_message


def short_name(name: str) -> str:
    """Shorten ``shop.order.v1.OrderService/CreateOrder`` to ``OrderService/CreateOrder``."""
    service, slash, method = name.partition("/")
    return f"{service.rpartition('.')[2]}/{method}" if slash and service and " " not in service else name
