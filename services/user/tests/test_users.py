from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from user_service.domain import UserDraft
from user_service.store import UserStore
from user_service.users import Users, utc_now

DRAFT = UserDraft.parse("ada@example.com", "Ada Lovelace")


async def test_a_user_gets_an_id_and_the_time_of_its_making(store: UserStore) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    users = Users(store, new_id=lambda: UUID(int=7), now=lambda: now)

    user = await users.create(DRAFT)

    assert (user.user_id, user.created_at) == (UUID(int=7), now)
    assert await users.get(user.user_id) == user


async def test_ids_are_random_and_times_are_in_utc(store: UserStore) -> None:
    user = await Users(store).create(DRAFT)

    assert user.user_id.version == 4
    assert user.created_at.tzinfo is UTC
    assert user.created_at <= utc_now()
