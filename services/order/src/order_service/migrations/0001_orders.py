"""The orders of each tenant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("tenant_id", sa.String(63), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idempotency_key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", name="orders_pkey"),
        sa.UniqueConstraint("tenant_id", "idempotency_key", name="orders_idempotency_key_key"),
    )
    op.create_index("orders_created_at_idx", "orders", ["tenant_id", "created_at", "order_id"])
    op.create_index("orders_user_id_idx", "orders", ["tenant_id", "user_id", "created_at", "order_id"])
    if context.get_context().dialect.name == "postgresql":
        _secure(context.config.attributes["app_role"])


def _secure(app_role: str) -> None:
    """Bind everyone, the owner too, to the rows of the tenant that the transaction names; with none named, to none."""
    op.execute("ALTER TABLE orders ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE orders FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY tenant ON orders USING (tenant_id = current_setting('app.tenant_id', true))")
    op.execute(f'GRANT SELECT, INSERT, UPDATE (status, version, updated_at) ON orders TO "{app_role}"')
