"""Which traces are compared: those of a window, and those before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from console.model import Trace, root_of
from console.store.traces import TraceStore

MOST_TRACES = 1_000

_SECOND = 1_000_000_000
_SETTLED_AFTER = 10 * _SECOND  # a trace that ended later may still come
_LONGER_BEFORE = 3

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Windows:
    """Two times that lie one after the other; nanoseconds since the epoch.

    Attributes:
        begin: where the traces before begin.
        change: where they end, and the window begins.
        end: where the window ends.
    """

    begin: int
    change: int
    end: int

    @classmethod
    def until(cls, now: int, since: int, before: int | None = None) -> Windows:
        """Make those that end now, less ten seconds, in which what is still under way may come.

        Args:
            now: nanoseconds since the epoch.
            since: how long the window is, nanoseconds.
            before: how long the time before is; three times as long by default: the usual is better known, then.
        """
        change = now - since
        return cls(change - (_LONGER_BEFORE * since if before is None else before), change, now - _SETTLED_AFTER)

    def has(self, start: int) -> bool:
        """Say whether a trace whose root starts then is of either."""
        return self.begin <= start < self.end


@dataclass(frozen=True, slots=True)
class Compared:
    """The traces of both, by the start of their roots: no clock but that of the edge says where a trace belongs."""

    before: list[Trace] = field(default_factory=list)
    after: list[Trace] = field(default_factory=list)


def divide(traces: Iterable[Trace], windows: Windows, most: int = MOST_TRACES) -> Compared:
    """Say of which time each trace is; of more than `most` each, some are taken, evenly over the time."""
    before, after = _sides(traces, windows, lambda trace: trace.root.start)
    return Compared(spread(before, most), spread(after, most))


def held(store: TraceStore, windows: Windows, most: int = MOST_TRACES) -> Compared:
    """Take the traces out of the console's own store; see `divide`."""
    stored = [sorted(spans, key=lambda span: (span.start, span.span_id)) for spans in store.since(windows.begin)]
    sides = _sides(stored, windows, lambda spans: root_of(spans).start)
    return Compared(*([store.read(spans) for spans in spread(side, most)] for side in sides))


def _sides(items: Iterable[_T], windows: Windows, start: Callable[[_T], int]) -> tuple[list[_T], list[_T]]:
    placed = sorted(((start(item), number, item) for number, item in enumerate(items)), key=lambda each: each[:2])
    inside = [(at, item) for at, _number, item in placed if windows.has(at)]
    return (
        [item for at, item in inside if at < windows.change],
        [item for at, item in inside if at >= windows.change],
    )


def spread(items: Sequence[_T], most: int) -> list[_T]:
    """Take at most so many, at even distances."""
    if len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]
