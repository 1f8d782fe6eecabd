from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database
from chassis.pagination import PageRequest, Position
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
from order_service.store import OrderStore
from order_service.tables import orders
from telemetry import MissingTenant, use_tenant

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
ITEMS = (OrderItem("tea", 2, Money(350, "EUR")), OrderItem("gold", 1000, Money(9_000_000_000_000_000, "EUR")))
USER = UserId(UUID(int=1))


async def place(
    store: OrderStore, key: str = "key-1", at: datetime = NOON, user_id: UserId = USER, quantity: int = 2
) -> Placement:
    items = (OrderItem("tea", quantity, Money(350, "EUR")), ITEMS[1])
    draft = OrderDraft(user_id, items, key)
    return await store.insert(Order.place(draft, OrderId(uuid4()), at), draft)


class TestPlacing:
    async def test_keeps_the_order_as_it_was_placed(self, store: OrderStore) -> None:
        placement = await place(store)

        assert placement.created
        assert placement.order.items == ITEMS
        assert await store.get(placement.order.order_id) == placement.order

    async def test_keeps_its_moment_whatever_time_zone_it_came_in(self, store: OrderStore) -> None:
        placement = await place(store, at=NOON.astimezone(timezone(timedelta(hours=9))))

        read = await store.get(placement.order.order_id)

        assert read.created_at == read.updated_at == NOON
        assert read.created_at.tzinfo is UTC

    async def test_again_under_the_same_key_gives_the_earlier_order(self, store: OrderStore) -> None:
        first = await place(store)

        again = await place(store, at=NOON + timedelta(hours=1))

        assert again == Placement(first.order, created=False)

    async def test_something_else_under_the_same_key_is_refused(self, store: OrderStore) -> None:
        await place(store)

        with pytest.raises(IdempotencyConflict):
            await place(store, quantity=3)

    async def test_again_after_it_was_cancelled_gives_the_cancelled_order(self, store: OrderStore) -> None:
        first = await place(store)
        cancelled = await store.cancel(first.order.order_id, NOON)

        assert await place(store) == Placement(cancelled, created=False)

    async def test_at_once_under_one_key_makes_one_order(self, store: OrderStore) -> None:
        placements = await asyncio.gather(*(place(store) for _ in range(20)))

        assert Counter(placement.created for placement in placements) == {True: 1, False: 19}
        assert len({placement.order.order_id for placement in placements}) == 1
        assert len((await store.page(PageRequest())).rows) == 1


class TestCancelling:
    async def test_changes_status_version_and_time(self, store: OrderStore) -> None:
        placed = (await place(store)).order
        later = NOON + timedelta(hours=1)

        cancelled = await store.cancel(placed.order_id, later)

        assert (cancelled.status, cancelled.version, cancelled.updated_at) == (OrderStatus.CANCELLED, 2, later)
        assert await store.get(placed.order_id) == cancelled

    async def test_again_changes_nothing(self, store: OrderStore) -> None:
        placed = (await place(store)).order
        cancelled = await store.cancel(placed.order_id, NOON)

        assert await store.cancel(placed.order_id, NOON + timedelta(hours=1)) == cancelled

    async def test_at_once_happens_once(self, store: OrderStore) -> None:
        placed = (await place(store)).order

        results = await asyncio.gather(*(store.cancel(placed.order_id, NOON + timedelta(seconds=n)) for n in range(10)))

        assert len(set(results)) == 1
        assert results[0].version == 2

    async def test_an_order_that_is_not_there_is_refused(self, store: OrderStore) -> None:
        order_id = OrderId(uuid4())

        with pytest.raises(OrderNotFound, match=str(order_id)):
            await store.cancel(order_id, NOON)


class TestTenants:
    async def test_do_not_see_each_others_orders(self, store: OrderStore) -> None:
        order = (await place(store)).order

        with use_tenant("somebody-else"):
            with pytest.raises(OrderNotFound):
                await store.get(order.order_id)
            with pytest.raises(OrderNotFound):
                await store.cancel(order.order_id, NOON)
            assert order not in (await store.page(PageRequest(size=100))).rows
        assert await store.get(order.order_id) == order

    async def test_may_use_the_same_idempotency_key(self, store: OrderStore) -> None:
        await place(store)

        with use_tenant(f"t-{uuid4().hex}"):
            assert (await place(store, quantity=3)).created

    async def test_learn_nothing_from_each_others_page_tokens(self, store: OrderStore) -> None:
        order = (await place(store)).order
        after = Position(order.created_at + timedelta(seconds=1), order.order_id)

        with use_tenant(f"t-{uuid4().hex}"):
            assert (await store.page(PageRequest(after=after))).rows == ()

    async def test_are_required(self, database: Database) -> None:
        with pytest.raises(MissingTenant):
            await OrderStore(database).get(OrderId(uuid4()))


class TestPages:
    async def test_give_every_order_once_newest_first(self, store: OrderStore) -> None:
        # Three orders of each moment, so that a page ends between orders of the same moment.
        made = [(await place(store, f"key-{n}", NOON + timedelta(seconds=n // 3))).order for n in range(10)]

        seen: list[Order] = []
        after: Position | None = None
        while True:
            page = await store.page(PageRequest(size=4, after=after))
            seen.extend(page.rows)
            if not page.next_token:
                break
            after = Position.from_token(page.next_token)

        assert seen == sorted(made, key=lambda order: (order.created_at, order.order_id), reverse=True)

    async def test_of_one_user_have_no_orders_of_others(self, store: OrderStore) -> None:
        other = UserId(UUID(int=2))
        made = [(await place(store, f"key-{n}", NOON + timedelta(seconds=n), other)).order for n in range(3)]
        await place(store, "key-of-another")

        first = await store.page(PageRequest(size=2), other)
        second = await store.page(PageRequest(size=2, after=Position.from_token(first.next_token)), other)

        assert [*first.rows, *second.rows] == made[::-1]

    async def test_end_without_a_token_when_the_last_row_fills_the_page(self, store: OrderStore) -> None:
        for n in range(4):
            await place(store, f"key-{n}")

        assert (await store.page(PageRequest(size=4))).next_token == ""

    async def test_of_a_tenant_without_orders_are_empty(self, store: OrderStore) -> None:
        page = await store.page(PageRequest())

        assert (page.rows, page.next_token) == ((), "")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
class TestRowLevelSecurity:
    """PostgreSQL alone."""

    async def test_hides_other_tenants_from_a_statement_that_names_no_tenant(
        self, store: OrderStore, database: Database, tenant: str
    ) -> None:
        await place(store)
        with use_tenant(f"t-{uuid4().hex}"):
            await place(store)

        async with database.transaction() as connection:
            tenants = (await connection.execute(select(orders.c.tenant_id))).scalars().all()

        assert tenants == [tenant]

    async def test_leaves_other_tenants_unchanged_by_a_statement_that_names_no_tenant(
        self, store: OrderStore, database: Database
    ) -> None:
        order = (await place(store)).order

        with use_tenant(f"t-{uuid4().hex}"):
            async with database.transaction() as connection:
                assert (await connection.execute(update(orders).values(version=9))).rowcount == 0
        assert await store.get(order.order_id) == order

    async def test_shows_nothing_when_the_transaction_names_no_tenant(
        self, store: OrderStore, database: Database
    ) -> None:
        await place(store)

        async with database.transaction() as connection:
            await connection.execute(text("SELECT set_config('app.tenant_id', '', true)"))
            assert (await connection.execute(select(orders))).all() == []
        async with database._engine.connect() as connection:
            assert (await connection.execute(select(orders))).all() == []

    async def test_refuses_rows_of_another_tenant(self, store: OrderStore, database: Database) -> None:
        await place(store)
        async with database.transaction() as connection:
            row = (await connection.execute(select(orders))).one()._asdict()

        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.transaction() as connection:
                await connection.execute(insert(orders), row | {"tenant_id": "other"})

    @pytest.mark.parametrize(
        "statement",
        [
            "ALTER TABLE orders DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY tenant ON orders",
            "SET LOCAL ROLE {owner}",
            "UPDATE orders SET tenant_id = 'other'",
            "UPDATE orders SET items = '[]'",
            "DELETE FROM orders",
            "TRUNCATE orders",
            "CREATE TABLE other (id int)",
        ],
    )
    async def test_cannot_be_evaded_by_the_services_role(
        self, database: Database, tenant: str, owner: str, statement: str
    ) -> None:
        with use_tenant(tenant), pytest.raises(DBAPIError, match=r"must be owner|permission denied"):
            async with database.transaction() as connection:
                await connection.execute(text(statement.format(owner=owner)))
