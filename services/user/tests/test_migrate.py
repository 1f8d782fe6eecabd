from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from telemetry import ConfigError
from user_service.migrate import main, migrate
from user_service.tables import metadata


def test_the_migrations_make_the_tables_that_the_service_knows(url: URL) -> None:
    def compare(connection: Connection) -> list[object]:
        options = {"version_table": "user_service_migrations", "compare_type": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async def differences() -> list[object]:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            found = await connection.run_sync(compare)
        await engine.dispose()
        return found

    assert asyncio.run(differences()) == []


async def test_migrations_that_run_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    url = make_url(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")

    await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(3)))


def test_the_program_migrates_the_database_of_its_environment(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"}

    main(environ)
    main(environ)

    assert (tmp_path / "new.db").exists()


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"DATABASE_URL": "sqlite+aiosqlite:////nowhere/user.db"}, "user: DATABASE_URL: the database refuses: "),
        (
            {"DATABASE_URL": "postgresql+asyncpg://a@127.0.0.1:1/b"},
            "user: DATABASE_URL: the database cannot be reached",
        ),
        (
            {"APP_ROLE": 'x"; DROP TABLE users; --'},
            "user: APP_ROLE=",
        ),
        ({"DATABASE_URL": "nothing"}, "user: DATABASE_URL: expected a URL such as"),
    ],
)
def test_the_program_says_in_one_line_what_is_wrong(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(environ)

    line = str(ended.value.code)
    assert line.startswith(message)
    assert "\n" not in line


class TestOnPostgresql:
    async def test_row_level_security_binds_the_owner_too(self, postgresql: URL) -> None:
        engine = create_async_engine(postgresql)
        async with engine.connect() as connection:
            row = await connection.execute(
                text("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'users'::regclass")
            )
            assert row.one() == (True, True)
        await engine.dispose()

    @pytest.mark.usefixtures("postgresql")
    @pytest.mark.parametrize(
        ("role", "message"),
        [("nobody_knows", "there is no such role"), ("{owner}", "expected a role that row-level security binds")],
    )
    def test_the_services_role_must_be_one_that_is_bound(self, owner: str, role: str, message: str) -> None:
        with pytest.raises(ConfigError, match=message):
            migrate(make_url(os.environ["USER_STORE_TEST_OWNER_URL"]), role.format(owner=owner))

    @pytest.mark.usefixtures("postgresql")
    async def test_migrations_that_run_at_the_same_time_wait_for_each_other(self, postgresql: URL) -> None:
        url = make_url(os.environ["USER_STORE_TEST_OWNER_URL"])

        await asyncio.gather(*(asyncio.to_thread(migrate, url, postgresql.username or "") for _ in range(3)))
