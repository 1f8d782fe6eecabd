"""By what the traces that are held can be filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from console.store.summary import TraceSummary

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Facets:
    """What the traces can be filtered by, each sorted."""

    services: tuple[str, ...]
    routes: tuple[str, ...]
    statuses: tuple[str, ...]
    tenants: tuple[str, ...]


class FacetCounts:
    """In how many traces each value is; who asks pays for what has changed since, not for all that is held.

    Not safe for threads by itself.
    """

    def __init__(self) -> None:
        self._counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
        self._counted: dict[str, TraceSummary] = {}
        self._changed: set[str] = set()

    def change(self, trace_id: str) -> None:
        """Note that a trace has come, or has grown."""
        self._changed.add(trace_id)

    def drop(self, trace_id: str) -> None:
        """Count a trace no more."""
        self._changed.discard(trace_id)
        self._count(self._counted.pop(trace_id, None), -1)

    def settle(self, summary: Callable[[str], TraceSummary]) -> bool:
        """Count some of those that have changed; say whether that were all."""
        for _ in range(min(_AT_ONCE, len(self._changed))):
            trace_id = self._changed.pop()
            self._count(self._counted.get(trace_id), -1)
            self._counted[trace_id] = summary(trace_id)
            self._count(self._counted[trace_id], 1)
        return not self._changed

    def facets(self) -> Facets:
        """Give what has been counted."""
        return Facets(*(tuple(sorted(counts)) for counts in self._counts))

    def _count(self, trace: TraceSummary | None, by: int) -> None:
        for counts, values in zip(self._counts, _values(trace) if trace else (), strict=False):
            for value in filter(None, values):
                counts[value] += by
                if not counts[value]:
                    del counts[value]


def _values(trace: TraceSummary) -> Iterator[Iterable[str]]:
    """Give a trace's values of each facet, each once."""
    yield from (trace.services, trace.routes, (trace.status,), trace.tenants)
