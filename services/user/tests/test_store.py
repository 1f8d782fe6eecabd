from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database
from chassis.pagination import PageRequest, Position
from telemetry import MissingTenant, use_tenant
from user_service.domain import EmailTaken, User, UserId, UserNotFound
from user_service.store import UserStore
from user_service.tables import users

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def make_user(email: str = "ada@example.com", at: datetime = NOON, user_id: UUID | None = None) -> User:
    return User(UserId(user_id or uuid4()), email, "Ada Lovelace", at)


class TestOneUser:
    async def test_is_read_back_as_it_was_written(self, store: UserStore) -> None:
        user = make_user()
        await store.insert(user)

        assert await store.get(user.user_id) == user

    async def test_keeps_its_moment_whatever_time_zone_it_came_in(self, store: UserStore) -> None:
        user = make_user(at=NOON.astimezone(timezone(timedelta(hours=9))))
        await store.insert(user)

        read = await store.get(user.user_id)

        assert read.created_at == NOON
        assert read.created_at.tzinfo is UTC

    async def test_is_not_found_when_there_is_none(self, store: UserStore) -> None:
        user_id = UserId(uuid4())

        with pytest.raises(UserNotFound, match=str(user_id)):
            await store.get(user_id)

    async def test_has_an_address_that_no_other_has(self, store: UserStore) -> None:
        await store.insert(make_user())

        with pytest.raises(EmailTaken):
            await store.insert(make_user())

    async def test_wins_its_address_alone_when_many_ask_at_once(self, store: UserStore) -> None:
        results = await asyncio.gather(*(store.insert(make_user()) for _ in range(10)), return_exceptions=True)

        assert [type(result) for result in results if result is not None] == [EmailTaken] * 9
        assert len((await store.page(PageRequest())).rows) == 1


class TestTenants:
    async def test_do_not_see_each_others_users(self, store: UserStore) -> None:
        user = make_user()
        await store.insert(user)

        with use_tenant("somebody-else"):
            with pytest.raises(UserNotFound):
                await store.get(user.user_id)
            assert user not in (await store.page(PageRequest(size=100))).rows

    async def test_may_have_users_with_the_same_address(self, store: UserStore) -> None:
        await store.insert(make_user())

        with use_tenant(f"t-{uuid4().hex}"):
            await store.insert(make_user())

    async def test_learn_nothing_from_each_others_page_tokens(self, store: UserStore) -> None:
        user = make_user()
        await store.insert(user)
        before = Position(user.created_at - timedelta(seconds=1), user.user_id)

        with use_tenant(f"t-{uuid4().hex}"):
            assert (await store.page(PageRequest(after=before))).rows == ()

    async def test_are_required(self, database: Database) -> None:
        with pytest.raises(MissingTenant):
            await UserStore(database).get(UserId(uuid4()))


class TestPages:
    async def test_give_every_user_once_oldest_first(self, store: UserStore) -> None:
        # Three users of each moment, so that a page ends between users of the same moment.
        made = [make_user(f"{n}@example.com", NOON + timedelta(seconds=n // 3)) for n in range(10)]
        for user in reversed(made):
            await store.insert(user)

        seen: list[User] = []
        after: Position | None = None
        while True:
            page = await store.page(PageRequest(size=4, after=after))
            seen.extend(page.rows)
            if not page.next_token:
                break
            after = Position.from_token(page.next_token)

        assert seen == sorted(made, key=lambda user: (user.created_at, user.user_id))

    async def test_end_without_a_token_when_the_last_row_fills_the_page(self, store: UserStore) -> None:
        for n in range(4):
            await store.insert(make_user(f"{n}@example.com"))

        assert (await store.page(PageRequest(size=4))).next_token == ""

    async def test_of_a_tenant_without_users_are_empty(self, store: UserStore) -> None:
        page = await store.page(PageRequest())

        assert (page.rows, page.next_token) == ((), "")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
class TestRowLevelSecurity:
    """PostgreSQL alone."""

    async def test_hides_other_tenants_from_a_statement_that_names_no_tenant(
        self, store: UserStore, database: Database, tenant: str
    ) -> None:
        await store.insert(make_user())
        with use_tenant(f"t-{uuid4().hex}"):
            await store.insert(make_user())

        async with database.transaction() as connection:
            tenants = (await connection.execute(select(users.c.tenant_id))).scalars().all()

        assert tenants == [tenant]

    async def test_shows_nothing_when_the_transaction_names_no_tenant(
        self, store: UserStore, database: Database
    ) -> None:
        await store.insert(make_user())

        async with database.transaction() as connection:
            await connection.execute(text("SELECT set_config('app.tenant_id', '', true)"))
            assert (await connection.execute(select(users))).all() == []
        async with database._engine.connect() as connection:
            assert (await connection.execute(select(users))).all() == []

    async def test_refuses_rows_of_another_tenant(self, store: UserStore, database: Database) -> None:
        await store.insert(make_user())
        row = {"tenant_id": "other", "user_id": uuid4(), "email": "x@example.com", "name": "X", "created_at": NOON}

        with pytest.raises(DBAPIError, match="row-level security"):
            async with database.transaction() as connection:
                await connection.execute(insert(users), row)

    @pytest.mark.parametrize(
        "statement",
        [
            "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE users NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY tenant ON users",
            "SET LOCAL ROLE {owner}",
            "DELETE FROM users",
            "TRUNCATE users",
            "CREATE TABLE other (id int)",
        ],
    )
    async def test_cannot_be_evaded_by_the_services_role(
        self, database: Database, tenant: str, owner: str, statement: str
    ) -> None:
        with use_tenant(tenant), pytest.raises(DBAPIError, match=r"must be owner|permission denied"):
            async with database.transaction() as connection:
                await connection.execute(text(statement.format(owner=owner)))

    async def test_lets_the_services_role_change_nothing(self, store: UserStore, database: Database) -> None:
        await store.insert(make_user())

        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.transaction() as connection:
                await connection.execute(update(users).values(name="Eve"))
