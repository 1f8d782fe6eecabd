"""What the service does with orders."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from chassis.pagination import Page, PageRequest
from order_service.changes import Changes
from order_service.clients import UserClient
from order_service.domain import Order, OrderDraft, OrderId, Placement, UserId
from order_service.measures import OrderMeasures
from order_service.store import OrderStore
from order_service.watching import WatchLimits, watch
from telemetry import require_tenant


def utc_now() -> datetime:
    """Give the time, in UTC."""
    return datetime.now(UTC)


class Orders:
    """The current tenant's orders.

    Args:
        store: Where they are kept.
        users: Knows which users there are.
        changes: Told of every change.
        measures: Told of every order that is placed.
        limits: How orders are watched.
        new_id: Makes the ids.
        now: Tells the time.
    """

    def __init__(  # noqa: PLR0913  named by keyword, each a choice of its own
        self,
        store: OrderStore,
        users: UserClient,
        changes: Changes,
        *,
        measures: OrderMeasures,
        limits: WatchLimits | None = None,
        new_id: Callable[[], UUID] = uuid4,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._users = users
        self._changes = changes
        self._measures = measures
        self._limits = limits or WatchLimits()
        self._new_id = new_id
        self._now = now

    async def place(self, draft: OrderDraft) -> Placement:
        """Add an order once for its key; raise UserNotFound, IdempotencyConflict, or that the user service is away."""
        await self._users.require(draft.user_id)
        placement = await self._store.insert(Order.place(draft, OrderId(self._new_id()), self._now()), draft)
        if placement.created:
            self._measures.placed(placement.order)
        return placement

    async def get(self, order_id: OrderId) -> Order:
        """Give an order; raise OrderNotFound."""
        return await self._store.get(order_id)

    async def list(self, request: PageRequest, user_id: UserId | None) -> Page[Order]:
        """Give a page of the orders, of one user or of all, newest first."""
        return await self._store.page(request, user_id)

    async def cancel(self, order_id: OrderId) -> Order:
        """Cancel an order, or give back one that is cancelled already; raise OrderNotFound."""
        order = await self._store.cancel(order_id, self._now())
        self._changes.publish(require_tenant(), order_id)
        return order

    def watch(self, order_id: OrderId, after_version: int) -> AsyncGenerator[Order]:
        """Give each version of the order after the given one, as it comes to be; raise OrderNotFound."""
        return watch(self._store, self._changes, self._limits, order_id, after_version)
