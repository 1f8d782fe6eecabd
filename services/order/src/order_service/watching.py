"""Follows an order from version to version."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from time import monotonic

from order_service.changes import Changes
from order_service.domain import Order, OrderId
from order_service.store import OrderStore
from telemetry import require_tenant
from telemetry.context.deadline import remaining

# Seconds between the end of a watch and the caller's deadline, so that the stream ends well rather than late.
_MARGIN = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLimits:
    """How long, and how closely, an order is watched.

    Attributes:
        window: Seconds until a watch ends and the caller has to ask again.
        interval: Seconds between looks at the database, for changes that came through another replica.
    """

    window: float = 280.0
    interval: float = 2.0


async def watch(
    store: OrderStore, changes: Changes, limits: WatchLimits, order_id: OrderId, after_version: int
) -> AsyncGenerator[Order]:
    """Give each version of the order after the given one, as it comes to be.

    Ends when nothing more can happen to the order, when the window or the caller's deadline is near its end, or when
    the server drains. Raises OrderNotFound.
    """
    left = remaining()
    ends_at = monotonic() + (limits.window if left is None else min(limits.window, left - _MARGIN))
    seen, traced = after_version, True
    with changes.subscribe(require_tenant(), order_id) as subscription:
        while True:
            order = await store.get(order_id, traced=traced)
            for version in order.history(seen):
                yield version
            seen, traced = max(seen, order.version), False
            left = ends_at - monotonic()
            if order.is_final or changes.closed or left <= 0:
                return
            await subscription.wait(min(limits.interval, left))
