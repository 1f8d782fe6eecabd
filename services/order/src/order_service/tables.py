"""The tables as this version of the service knows them; how a database got there is in migrations/."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC: SQLite forgets time zones, so they are taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the moment in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the moment with its time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("tenant_id", String(63), nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("items", JSON, nullable=False),
    Column("status", String(32), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("idempotency_key", String(255), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    PrimaryKeyConstraint("tenant_id", "order_id", name="orders_pkey"),
    UniqueConstraint("tenant_id", "idempotency_key", name="orders_idempotency_key_key"),
    Index("orders_created_at_idx", "tenant_id", "created_at", "order_id"),
    Index("orders_user_id_idx", "tenant_id", "user_id", "created_at", "order_id"),
)
