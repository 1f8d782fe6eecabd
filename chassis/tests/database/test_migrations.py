from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from chassis.database.migrations import Migrations

FIRST = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.create_table("parts", sa.Column("part_id", sa.Uuid, primary_key=True))
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.add_column("parts", sa.Column("name", sa.String(20)))
"""
BROKEN = """
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.execute("CREATE TABLE half (id INTEGER)")
    op.execute("nonsense")
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Migrations:
    folder = tmp_path / "100% of the steps"  # a path as people have them
    folder.mkdir()
    (folder / "0001_parts.py").write_text(FIRST)
    return Migrations("part", folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "part.db"


@pytest.fixture
def environ(path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite+aiosqlite:///{path}"}


def query(path: Path, sql: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(sql)]


def columns(path: Path) -> list[str]:
    return query(path, "SELECT name FROM pragma_table_info('parts')")


def test_a_step_runs_once(migrations: Migrations, environ: dict[str, str], path: Path) -> None:
    migrations.main(environ)
    migrations.main(environ)

    assert columns(path) == ["part_id"]
    assert query(path, "SELECT version_num FROM part_service_migrations") == ["0001"]


def test_a_step_that_came_later_runs_on_what_is_there(
    migrations: Migrations, environ: dict[str, str], path: Path
) -> None:
    migrations.main(environ)
    (migrations.versions / "0002_name.py").write_text(SECOND)

    migrations.main(environ)

    assert columns(path) == ["part_id", "name"]


def test_a_step_that_fails_leaves_the_database_as_it_was(
    migrations: Migrations, environ: dict[str, str], path: Path
) -> None:
    (migrations.versions / "0002_broken.py").write_text(BROKEN)

    with pytest.raises(SystemExit, match="part: DATABASE_URL: the database refuses: "):
        migrations.main(environ)

    assert query(path, "SELECT name FROM sqlite_master") == []


async def test_those_that_run_at_the_same_time_wait_for_each_other(migrations: Migrations, path: Path) -> None:
    url = make_url(f"sqlite+aiosqlite:///{path}")

    await asyncio.gather(*(asyncio.to_thread(migrations.run, url) for _ in range(3)))

    assert columns(path) == ["part_id"]


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"DATABASE_URL": "sqlite+aiosqlite:////nowhere/part.db"}, "part: DATABASE_URL: the database refuses: "),
        (
            {"DATABASE_URL": "postgresql+asyncpg://a@127.0.0.1:1/b"},
            "part: DATABASE_URL: the database cannot be reached",
        ),
        ({"APP_ROLE": 'x"; DROP TABLE parts; --'}, "part: APP_ROLE="),
        ({"DATABASE_URL": "nothing"}, "part: DATABASE_URL: expected a URL such as"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(migrations: Migrations, environ: dict[str, str], message: str) -> None:
    with pytest.raises(SystemExit) as ended:
        migrations.main(environ)

    line = str(ended.value.code)
    assert line.startswith(message)
    assert "\n" not in line
