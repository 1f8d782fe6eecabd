"""The users of each tenant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("tenant_id", sa.String(63), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="users_pkey"),
        sa.UniqueConstraint("tenant_id", "email", name="users_email_key"),
    )
    op.create_index("users_created_at_idx", "users", ["tenant_id", "created_at", "user_id"])
    if context.get_context().dialect.name == "postgresql":
        _secure(context.config.attributes["app_role"])


def _secure(app_role: str) -> None:
    """Bind everyone, the owner too, to the rows of the tenant that the transaction names; with none named, to none."""
    op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE users FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY tenant ON users USING (tenant_id = current_setting('app.tenant_id', true))")
    op.execute(f'GRANT SELECT, INSERT ON users TO "{app_role}"')
