"""What the service does with users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from chassis.pagination import Page, PageRequest
from user_service.domain import User, UserDraft, UserId
from user_service.store import UserStore


def utc_now() -> datetime:
    """Give the time, in UTC."""
    return datetime.now(UTC)


class Users:
    """The current tenant's users.

    Args:
        store: Where they are kept.
        new_id: Makes the ids.
        now: Tells the time.
    """

    def __init__(
        self, store: UserStore, *, new_id: Callable[[], UUID] = uuid4, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._now = now

    async def create(self, draft: UserDraft) -> User:
        """Add a user; raise EmailTaken."""
        user = User.create(draft, UserId(self._new_id()), self._now())
        await self._store.insert(user)
        return user

    async def get(self, user_id: UserId) -> User:
        """Give a user; raise UserNotFound."""
        return await self._store.get(user_id)

    async def list(self, request: PageRequest) -> Page[User]:
        """Give a page of the users, oldest first."""
        return await self._store.page(request)
