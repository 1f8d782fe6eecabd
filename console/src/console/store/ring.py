"""The latest of what comes, within bounds: for log records and metrics."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from console.otlp.source import Source
from console.store.limits import RingLimits
from console.store.sources import Sources


class Stored(Protocol):
    """What a ring holds: a number that the ring gives, its source, and about how many bytes of memory it takes."""

    number: int
    source: Source

    @property
    def size(self) -> int: ...  # noqa: D102  see above


Item = TypeVar("Item", bound=Stored)


@dataclass(frozen=True, slots=True)
class RingUsage:
    """How much a ring holds now, and how many items it has let go to stay within its bounds."""

    items: int
    memory_bytes: int
    evicted: int


class Ring(Generic[Item]):
    """A queue that lets go of its oldest when a bound is passed; may be used from any thread.

    Args:
        limits: how much it holds.
        keys: under what an item can be found.
    """

    def __init__(self, limits: RingLimits, keys: Callable[[Item], Iterable[str]]) -> None:
        self._limits = limits
        self._keys = keys
        self._lock = threading.Lock()
        self._items: deque[Item] = deque()
        self._by_key: dict[str, deque[Item]] = {}
        self._sources = Sources()
        self._size = 0
        self._numbered = 0

    def add(self, items: Iterable[Item]) -> int:
        """Take items and number them; give the number of the oldest that is still here, or that will come next."""
        with self._lock:
            for item in items:
                self._numbered += 1
                item.number = self._numbered
                item.source = self._sources.hold(item.source)
                self._items.append(item)
                self._size += item.size
                for key in self._keys(item):
                    self._by_key.setdefault(key, deque()).append(item)
                while self._over():
                    self._drop_oldest()
            return self._numbered - len(self._items) + 1

    def of(self, key: str) -> list[Item]:
        """Give the items that have this key, in the order of arrival."""
        with self._lock:
            return list(self._by_key.get(key, ()))

    def latest_first(self) -> list[Item]:
        """Give all items, those that came last first."""
        with self._lock:
            return list(reversed(self._items))

    def usage(self) -> RingUsage:
        """Say how full it is."""
        with self._lock:
            return RingUsage(len(self._items), self._size + self._sources.size, self._numbered - len(self._items))

    def _over(self) -> bool:
        return len(self._items) > self._limits.items or self._size + self._sources.size > self._limits.memory_bytes

    def _drop_oldest(self) -> None:
        item = self._items.popleft()
        self._size -= item.size
        self._sources.release(item.source)
        for key in self._keys(item):
            with_key = self._by_key[key]
            with_key.popleft()
            if not with_key:
                del self._by_key[key]
