"""The users in the database. Each statement names the tenant; on PostgreSQL row-level security insists on it too."""

from __future__ import annotations

from sqlalchemy import Row, literal, select, tuple_

from chassis.database.engine import Database, insert_into
from chassis.database.types import UtcDateTime
from chassis.pagination import Page, PageRequest, Position
from telemetry import require_tenant
from user_service.domain import EmailTaken, User, UserId, UserNotFound
from user_service.tables import users

_KEY = (users.c.created_at, users.c.user_id)
_COLUMNS = (users.c.user_id, users.c.email, users.c.name, users.c.created_at)


class UserStore:
    """The current tenant's users.

    Every method is one transaction, and raises MissingTenant and DatabaseUnavailable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, user: User) -> None:
        """Add a user; raise EmailTaken."""
        async with self._database.transaction() as connection:
            statement = (
                insert_into(connection, users)
                .values(tenant_id=require_tenant(), **_values(user))
                .on_conflict_do_nothing(index_elements=[users.c.tenant_id, users.c.email])
                .returning(users.c.user_id)
            )
            if (await connection.execute(statement)).one_or_none() is None:
                raise EmailTaken

    async def get(self, user_id: UserId) -> User:
        """Give a user; raise UserNotFound."""
        statement = select(*_COLUMNS).where(users.c.tenant_id == require_tenant(), users.c.user_id == user_id)
        async with self._database.transaction() as connection:
            row = (await connection.execute(statement)).one_or_none()
        if row is None:
            raise UserNotFound(user_id)
        return _user(row)

    async def page(self, request: PageRequest) -> Page[User]:
        """Give a page of the users, oldest first."""
        statement = select(*_COLUMNS).where(users.c.tenant_id == require_tenant()).order_by(*_KEY)
        if request.after is not None:
            at, row_id = literal(request.after.at, UtcDateTime), literal(request.after.row_id)
            statement = statement.where(tuple_(*_KEY) > tuple_(at, row_id))
        async with self._database.transaction() as connection:
            rows = (await connection.execute(statement.limit(request.size + 1))).all()
        return Page.cut([_user(row) for row in rows], request.size, _position)


def _position(user: User) -> Position:
    return Position(user.created_at, user.user_id)


def _values(user: User) -> dict[str, object]:
    return {"user_id": user.user_id, "email": user.email, "name": user.name, "created_at": user.created_at}


def _user(row: Row[*tuple[object, ...]]) -> User:
    return User(UserId(row.user_id), row.email, row.name, row.created_at)
