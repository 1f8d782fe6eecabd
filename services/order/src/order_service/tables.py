"""The tables as this version of the service knows them; how a database got there is in migrations/."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from chassis.database.types import UtcDateTime

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
