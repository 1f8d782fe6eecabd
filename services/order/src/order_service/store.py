"""The orders in the database. Each statement names the tenant; on PostgreSQL row-level security insists on it too."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from sqlalchemy import Row, literal, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database, insert_into
from chassis.database.types import UtcDateTime
from chassis.pagination import Page, PageRequest, Position
from order_service.domain import (
    IdempotencyConflict,
    Money,
    Order,
    OrderDraft,
    OrderId,
    OrderItem,
    OrderNotFound,
    OrderStatus,
    Placement,
    UserId,
)
from order_service.tables import orders
from telemetry import require_tenant

_KEY = (orders.c.created_at, orders.c.order_id)
_COLUMNS = (
    orders.c.order_id,
    orders.c.user_id,
    orders.c["items"],
    orders.c.status,
    orders.c.version,
    orders.c.created_at,
    orders.c.updated_at,
)


class _Item(TypedDict):
    sku: str
    quantity: int
    amount_minor: int
    currency: str


class OrderStore:
    """The current tenant's orders.

    Every method is one transaction, and raises MissingTenant and DatabaseUnavailable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, order: Order, draft: OrderDraft) -> Placement:
        """Add an order once: give the earlier order of the same key and content; raise IdempotencyConflict.

        However many do so at once, the unique key lets one in; the others wait for it, and find its order.
        """
        async with self._database.transaction() as connection:
            statement = (
                insert_into(connection, orders)
                .values(tenant_id=require_tenant(), **_values(order, draft))
                .on_conflict_do_nothing(index_elements=[orders.c.tenant_id, orders.c.idempotency_key])
                .returning(orders.c.order_id)
            )
            if (await connection.execute(statement)).one_or_none() is not None:
                return Placement(order, created=True)
            return await _find_earlier(connection, draft)

    async def get(self, order_id: OrderId, *, traced: bool = True) -> Order:
        """Give an order; raise OrderNotFound."""
        async with self._database.transaction(traced=traced) as connection:
            return await _find(connection, order_id)

    async def page(self, request: PageRequest, user_id: UserId | None = None) -> Page[Order]:
        """Give a page of the orders, of one user or of all, newest first."""
        statement = select(*_COLUMNS).where(orders.c.tenant_id == require_tenant())
        if user_id is not None:
            statement = statement.where(orders.c.user_id == user_id)
        if request.after is not None:
            at, row_id = literal(request.after.at, UtcDateTime), literal(request.after.row_id)
            statement = statement.where(tuple_(*_KEY) < tuple_(at, row_id))
        statement = statement.order_by(*(column.desc() for column in _KEY)).limit(request.size + 1)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(statement)).all()
        return Page.cut([_order(row) for row in rows], request.size, _position)

    async def cancel(self, order_id: OrderId, at: datetime) -> Order:
        """Cancel an order that is placed, give back one that is cancelled already; raise OrderNotFound."""
        statement = (
            update(orders)
            .where(
                orders.c.tenant_id == require_tenant(),
                orders.c.order_id == order_id,
                orders.c.status == OrderStatus.PLACED.value,
            )
            .values(status=OrderStatus.CANCELLED.value, version=orders.c.version + 1, updated_at=at)
            .returning(*_COLUMNS)
        )
        async with self._database.transaction() as connection:
            row = (await connection.execute(statement)).one_or_none()
            return await _find(connection, order_id) if row is None else _order(row)


async def _find(connection: AsyncConnection, order_id: OrderId) -> Order:
    statement = select(*_COLUMNS).where(orders.c.tenant_id == require_tenant(), orders.c.order_id == order_id)
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise OrderNotFound(order_id)
    return _order(row)


async def _find_earlier(connection: AsyncConnection, draft: OrderDraft) -> Placement:
    statement = select(*_COLUMNS, orders.c.fingerprint).where(
        orders.c.tenant_id == require_tenant(), orders.c.idempotency_key == draft.idempotency_key
    )
    row = (await connection.execute(statement)).one()
    if row.fingerprint != draft.fingerprint():
        raise IdempotencyConflict
    return Placement(_order(row), created=False)


def _position(order: Order) -> Position:
    return Position(order.created_at, order.order_id)


def _values(order: Order, draft: OrderDraft) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "user_id": order.user_id,
        "items": [_item_to_json(each) for each in order.items],
        "status": order.status.value,
        "version": order.version,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "idempotency_key": draft.idempotency_key,
        "fingerprint": draft.fingerprint(),
    }


def _order(row: Row[*tuple[object, ...]]) -> Order:
    return Order(
        order_id=OrderId(row.order_id),
        user_id=UserId(row.user_id),
        items=tuple(_item_from_json(each) for each in row.items),
        status=OrderStatus(row.status),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _item_to_json(item: OrderItem) -> _Item:
    price = item.unit_price
    return {
        "sku": item.sku,
        "quantity": item.quantity,
        "amount_minor": price.amount_minor,
        "currency": price.currency,
    }


def _item_from_json(item: _Item) -> OrderItem:
    return OrderItem(item["sku"], item["quantity"], Money(item["amount_minor"], item["currency"]))
