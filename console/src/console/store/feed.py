"""Tells whoever listens what came, without ever waiting for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)

_MOST_WAITING = 200
_SECONDS_BETWEEN = 0.2


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """What came or changed since the last batch, oldest first, and how much was passed over."""

    items: list[T]
    missed: int


class Feed(Generic[Key]):
    """Where a store says what came; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[Subscription[Key, Any]] = set()
        self._closed = False

    def publish(self, keys: Iterable[Key]) -> None:
        """Tell every subscription; costs next to nothing when there is none."""
        if not self._open:
            return
        with self._lock:
            listeners = list(self._open)
        keys = list(keys)
        for listener in listeners:
            listener.offer(keys)

    def subscribe(self, read: Callable[[list[Key]], list[T]]) -> Subscription[Key, T]:
        """Make a subscription, for one event loop; `read` makes of keys what it gives."""
        return Subscription(self, read)

    def close(self) -> None:
        """End all subscriptions: their iterations stop."""
        with self._lock:
            self._closed = True
            listeners = list(self._open)
        for listener in listeners:
            listener.end()

    def add(self, listener: Subscription[Key, T]) -> bool:
        """Tell it from now on; false when the feed is closed."""
        with self._lock:
            self._open.add(listener)
            return not self._closed

    def remove(self, listener: Subscription[Key, T]) -> None:
        """Tell it no more."""
        with self._lock:
            self._open.discard(listener)


class Subscription(Generic[Key, T]):
    """``async with store.subscribe() as changes: async for batch in changes: …``.

    A batch holds at most 200 items, the latest; there are at most five batches a second. What comes more than once
    between two batches is given once. A slow reader holds nobody up.
    """

    def __init__(self, feed: Feed[Key], read: Callable[[list[Key]], list[T]]) -> None:
        self._feed = feed
        self._read = read
        self._lock = threading.Lock()
        self._waiting: dict[Key, None] = {}
        self._missed = 0
        self._ended = False
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        """Listen from now on."""
        self._loop = asyncio.get_running_loop()
        if not self._feed.add(self):
            self.end()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Listen no more."""
        self._feed.remove(self)

    async def __aiter__(self) -> AsyncIterator[Batch[T]]:
        """Give batches until the feed is closed."""
        while True:
            await self._wake.wait()
            if self._ended:
                return
            self._wake.clear()
            keys, missed = self._take()
            yield Batch(self._read(keys), missed)
            await asyncio.sleep(_SECONDS_BETWEEN)

    def offer(self, keys: Iterable[Key]) -> None:
        """Note keys; from any thread."""
        with self._lock:
            was_empty = not self._waiting
            for key in keys:
                self._waiting.pop(key, None)
                self._waiting[key] = None
            while len(self._waiting) > _MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
                self._missed += 1
        if was_empty:
            self._notify()

    def end(self) -> None:
        """Stop the iteration; from any thread."""
        self._ended = True
        self._notify()

    def _notify(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens
                self._loop.call_soon_threadsafe(self._wake.set)

    def _take(self) -> tuple[list[Key], int]:
        with self._lock:
            keys, missed = list(self._waiting), self._missed
            self._waiting.clear()
            self._missed = 0
        return keys, missed
