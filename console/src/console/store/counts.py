"""How often something is in the traces that are held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

_AT_ONCE = 200

K = TypeVar("K", bound=Hashable)


class TraceCounts(Generic[K]):
    """Counts of all traces together; who asks pays for what has changed since, not for all that is held.

    Not safe for threads by itself.
    """

    def __init__(self) -> None:
        self._total: Counter[K] = Counter()
        self._counted: dict[str, Mapping[K, int]] = {}
        self._changed: set[str] = set()

    def __iter__(self) -> Iterator[K]:
        return iter(self._total)

    def change(self, trace_id: str) -> None:
        """Note that a trace has come, or has grown."""
        self._changed.add(trace_id)

    def drop(self, trace_id: str) -> None:
        """Count a trace no more."""
        self._changed.discard(trace_id)
        self._subtract(trace_id)

    def settle(self, count: Callable[[str], Mapping[K, int]]) -> bool:
        """Count some of those that have changed; say whether that were all."""
        for _ in range(min(_AT_ONCE, len(self._changed))):
            trace_id = self._changed.pop()
            self._subtract(trace_id)
            counts = self._counted[trace_id] = count(trace_id)
            for key, number in counts.items():
                self._total[key] += number
        return not self._changed

    def without(self, trace_ids: Iterable[str]) -> Counter[K]:
        """Give the counts of all traces but these; one that has come since `settle` does not count yet."""
        left = self._total.copy()
        for trace_id in trace_ids:
            left.subtract(self._counted.get(trace_id, {}))
        return +left

    def _subtract(self, trace_id: str) -> None:
        for key, number in self._counted.pop(trace_id, {}).items():
            self._total[key] -= number
            if not self._total[key]:
                del self._total[key]
