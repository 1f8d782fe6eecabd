from __future__ import annotations

import asyncio
import os

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from telemetry import ConfigError
from user_service.migrate import MIGRATIONS
from user_service.tables import metadata


def test_the_migrations_make_the_tables_that_the_service_knows(url: URL) -> None:
    def compare(connection: Connection) -> list[object]:
        options = {"version_table": MIGRATIONS.version_table, "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async def differences() -> list[object]:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            found = await connection.run_sync(compare)
        await engine.dispose()
        return found

    assert asyncio.run(differences()) == []


class TestOnPostgresql:
    async def test_row_level_security_binds_the_owner_too(self, postgresql: URL) -> None:
        secured = text("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = to_regclass(:name)")
        engine = create_async_engine(postgresql)
        async with engine.connect() as connection:
            for table in metadata.tables:
                assert (await connection.execute(secured, {"name": table})).scalar(), table
        await engine.dispose()

    @pytest.mark.usefixtures("postgresql")
    @pytest.mark.parametrize(
        ("role", "message"),
        [("nobody_knows", "there is no such role"), ("{owner}", "expected a role that row-level security binds")],
    )
    def test_the_services_role_must_be_one_that_is_bound(self, owner: str, role: str, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            MIGRATIONS.run(make_url(os.environ["USER_STORE_TEST_OWNER_URL"]), role.format(owner=owner))

    @pytest.mark.usefixtures("postgresql")
    async def test_migrations_that_run_at_the_same_time_wait_for_each_other(self, postgresql: URL) -> None:
        url = make_url(os.environ["USER_STORE_TEST_OWNER_URL"])

        await asyncio.gather(*(asyncio.to_thread(MIGRATIONS.run, url, postgresql.username or "") for _ in range(3)))
