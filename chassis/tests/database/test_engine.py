from __future__ import annotations

import asyncio
import sqlite3
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from chassis.database.engine import Database, DatabaseUnavailable
from telemetry import MissingTenant, Telemetry, use_tenant

pytestmark = pytest.mark.usefixtures("quiet_end")

SECRET = "hunter2-and-more"
METADATA = MetaData()
USERS = Table("users", METADATA, Column("id", Integer, primary_key=True), Column("email", String, unique=True))
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT count(*) FROM n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "user.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE)")
    connection.close()
    return path


@pytest.fixture
async def database(path: Path, telemetry: Telemetry) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{path}", telemetry)
    with use_tenant("acme"):
        yield database
    await database.close()


async def execute(database: Database, *statements: Any, error: Exception | None = None) -> None:
    async with database.transaction() as connection:
        for statement in statements:
            await connection.execute(statement)
        if error is not None:
            raise error


async def emails(database: Database) -> list[str]:
    async with database.transaction(traced=False) as connection:
        return list((await connection.execute(select(USERS.c.email).order_by(USERS.c.id))).scalars())


@pytest.mark.parametrize(
    ("statement", "name", "operation"),
    [
        (select(USERS), "SELECT users", "SELECT"),
        (insert(USERS).values(email=SECRET), "INSERT users", "INSERT"),
        (insert(USERS).values(email=SECRET).returning(USERS.c.id), "INSERT users", "INSERT"),
        (update(USERS).values(email=SECRET), "UPDATE users", "UPDATE"),
        (delete(USERS).where(USERS.c.email == SECRET), "DELETE users", "DELETE"),
        (select(select(USERS).where(USERS.c.email == SECRET).cte("mine")), "SELECT mine", "SELECT"),
    ],
    ids=["select", "insert", "insert returning", "update", "delete", "with"],
)
async def test_a_statement_leaves_one_client_span_named_by_what_it_does(
    database: Database, spans: list[Any], statement: Any, name: str, operation: str
) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement)

    (span,) = spans
    assert span.name == name
    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.UNSET
    query = span.attributes["db.query.text"]
    assert dict(span.attributes) == {
        "db.system.name": "sqlite",
        "db.operation.name": operation,
        "db.collection.name": name.split()[1],
        "db.query.summary": name,
        "db.query.text": query,
        "tenant.id": "acme",
    }
    assert operation in query
    assert SECRET not in span.to_json()


async def test_many_rows_at_once_are_one_span(database: Database, spans: list[Any]) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(USERS), [{"email": f"{SECRET}-{number}"} for number in range(50)])

    assert [span.name for span in spans] == ["INSERT users"]
    assert SECRET not in spans[0].to_json()


async def test_a_statements_span_is_a_child_of_the_current_one(
    database: Database, telemetry: Telemetry, spans: list[Any]
) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as work:
        async with database.transaction() as connection:
            await connection.execute(select(USERS))
            await connection.execute(select(USERS))

    assert [span.parent for span in spans[:2]] == [work.get_span_context()] * 2


async def test_what_no_request_asked_for_leaves_no_span(database: Database, started: list[Any]) -> None:
    await database.ping()
    async with database.transaction(traced=False) as connection:
        await connection.execute(select(USERS))
    assert not started

    async with database.transaction() as connection:
        await connection.execute(select(USERS))
    assert len(started) == 1


async def test_a_statement_that_fails_is_an_error_that_shows_no_values(database: Database, spans: list[Any]) -> None:
    with pytest.raises(IntegrityError) as raised:
        await execute(database, *[insert(USERS).values(email=SECRET)] * 2)

    good, bad = spans
    assert good.status.status_code is StatusCode.UNSET
    assert bad.status.status_code is StatusCode.ERROR
    assert bad.attributes["db.response.status_code"] == "SQLITE_CONSTRAINT_UNIQUE"
    assert bad.attributes["error.type"] == "SQLITE_CONSTRAINT_UNIQUE"
    assert SECRET not in bad.to_json()
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert await emails(database) == []


async def test_a_statement_with_a_bug_is_no_database_that_is_away(database: Database, spans: list[Any]) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        async with database.transaction() as connection:
            await connection.execute(text("SELECT * FROM user"))

    assert spans[0].name == "SELECT user"
    assert spans[0].status.status_code is StatusCode.ERROR


async def test_a_statement_that_is_cancelled_ends_its_span_and_frees_its_connection(
    database: Database, started: list[Any], spans: list[Any], until: Any
) -> None:
    async def count() -> None:
        async with database.transaction() as connection:
            await connection.execute(text(COUNT))

    task = asyncio.create_task(count())
    await until(lambda: started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    (span,) = spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "CancelledError"
    assert await emails(database) == []


async def test_a_transaction_commits_at_its_end_and_rolls_back_on_an_error(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(insert(USERS).values(email="kept"))
    with pytest.raises(RuntimeError):
        await execute(database, insert(USERS).values(email="lost"), error=RuntimeError())

    assert await emails(database) == ["kept"]


async def test_a_transaction_needs_a_tenant(path: Path, telemetry: Telemetry) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}", telemetry)
    with pytest.raises(MissingTenant):
        async with database.transaction():
            pytest.fail("it began")
    await database.close()


@pytest.mark.parametrize(
    "error", [TimeoutError("the warehouse"), ConnectionResetError("the warehouse"), FileNotFoundError("a template")]
)
async def test_an_error_of_the_code_inside_is_not_the_databases(database: Database, error: OSError) -> None:
    with pytest.raises(type(error)) as raised:
        await execute(database, select(USERS), error=error)

    assert raised.value is error


async def test_a_database_that_stays_locked_is_unavailable(
    path: Path, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, spans: list[Any]
) -> None:
    monkeypatch.setattr("chassis.database.engine._STATEMENT_SECONDS", 0.05)
    database = Database(f"sqlite+aiosqlite:///{path}", telemetry)
    with use_tenant("acme"):
        async with database.transaction() as connection:  # connects before the lock
            await connection.execute(select(USERS))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="the database is not available") as raised:
            async with database.transaction() as connection:
                await connection.execute(insert(USERS).values(email=SECRET))
        other.execute("ROLLBACK")
        other.close()
        async with database.transaction() as connection:
            await connection.execute(insert(USERS).values(email="late"))
        assert await emails(database) == ["late"]
    await database.close()

    assert "database is locked" in str(raised.value.__cause__)
    assert [span.status.status_code for span in spans] == [StatusCode.UNSET, StatusCode.ERROR, StatusCode.UNSET]


async def test_a_pool_that_is_used_up_is_unavailable(
    path: Path, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.database.engine._CONNECT_SECONDS", 0.05)
    database = Database(f"sqlite+aiosqlite:///{path}", telemetry, pool_size=1)
    with use_tenant("acme"):
        async with database.transaction(), database.transaction():
            with pytest.raises(DatabaseUnavailable):
                async with database.transaction():
                    pytest.fail("it began")
        await database.ping()
    await database.close()


async def test_readers_and_a_writer_work_side_by_side(database: Database) -> None:
    async with database.transaction() as reader:
        await reader.execute(select(USERS))
        async with database.transaction() as writer:
            await writer.execute(insert(USERS).values(email="new"))
        pragmas = [
            (await reader.execute(text(f"PRAGMA {name}"))).scalar_one() for name in ("journal_mode", "foreign_keys")
        ]

    assert pragmas == ["wal", 1]


async def test_a_database_in_memory_works(telemetry: Telemetry) -> None:
    database = Database("sqlite+aiosqlite:///:memory:", telemetry)
    with use_tenant("acme"):
        async with database.transaction() as connection:
            assert (await connection.execute(text("SELECT 42"))).scalar_one() == 42
    await database.close()
