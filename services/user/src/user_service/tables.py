"""The tables as this version of the service knows them; how a database got there is in migrations/."""

from __future__ import annotations

from sqlalchemy import (
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

users = Table(
    "users",
    metadata,
    Column("tenant_id", String(63), nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("email", String(254), nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "user_id", name="users_pkey"),
    UniqueConstraint("tenant_id", "email", name="users_email_key"),
    Index("users_created_at_idx", "tenant_id", "created_at", "user_id"),
)
