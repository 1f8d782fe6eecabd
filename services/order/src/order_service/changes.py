"""Tells those who watch an order, in this process, that it has changed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from order_service.domain import OrderId

Topic = tuple[str, OrderId]


class Subscription:
    """What a watcher waits on. A change between two waits is not lost: the next wait ends at once."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """End the wait, or the next one."""
        self._changed.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a change, at most so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()


class Changes:
    """Who watches which order. It says that something changed, not what: a watcher reads that for itself."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[Topic, set[Subscription]] = defaultdict(set)
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether watching is over, because the server drains."""
        return self._closed

    def __len__(self) -> int:
        return sum(map(len, self._subscriptions.values()))

    @contextmanager
    def subscribe(self, tenant: str, order_id: OrderId) -> Iterator[Subscription]:
        """Give a subscription that ends with the block. Read the order after subscribing, and no change is missed."""
        topic, subscription = (tenant, order_id), Subscription()
        self._subscriptions[topic].add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[topic].discard(subscription)
            if not self._subscriptions[topic]:
                del self._subscriptions[topic]

    def publish(self, tenant: str, order_id: OrderId) -> None:
        """Wake the order's watchers; called after the change is committed."""
        for subscription in self._subscriptions.get((tenant, order_id), ()):
            subscription.wake()

    def close(self) -> None:
        """Wake all watchers for good, so that their streams end."""
        self._closed = True
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.wake()
