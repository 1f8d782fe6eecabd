from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.database.engine import Database, DatabaseUnavailable
from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure, use_tenant

pytestmark = pytest.mark.usefixtures("quiet_end")


@pytest.fixture
async def quiet() -> AsyncIterator[Telemetry]:
    async with configure(TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))) as telemetry:
        with use_tenant("acme"):
            yield telemetry


async def test_who_asks_after_a_failed_connect_is_refused_at_once(quiet: Telemetry) -> None:
    connects = 0

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connects
        connects += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgresql+asyncpg://app@127.0.0.1:{port}/shop", quiet)
    async with server:
        await _is_away(database)
        tried = connects
        for _ in range(5):
            await _is_away(database)
    await database.close()

    assert connects == tried > 0


async def test_a_ping_that_is_answered_ends_the_outage(quiet: Telemetry, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    database = Database(f"sqlite+aiosqlite:///{folder / 'shop.db'}", quiet)
    await _is_away(database)
    folder.mkdir()
    await database.ping()

    async with database.transaction() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


async def test_a_ping_that_is_given_up_by_its_caller_is_no_outage(quiet: Telemetry) -> None:
    database = Database("sqlite+aiosqlite:///:memory:", quiet)
    ping = asyncio.create_task(database.ping())
    await asyncio.sleep(0)  # now it waits for its connection
    ping.cancel()
    await asyncio.gather(ping, return_exceptions=True)

    assert ping.cancelled()
    async with database.transaction() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


async def test_a_ping_that_is_not_answered_in_time_is_an_outage(
    quiet: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.database.engine._PING_SECONDS", 0.05)
    connects = 0

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connects
        connects += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgresql+asyncpg://app@127.0.0.1:{port}/shop", quiet)
    async with server:
        with pytest.raises(DatabaseUnavailable):
            await database.ping()
        tried = connects
        await _is_away(database)
    await database.close()

    assert connects == tried > 0


async def test_a_statement_that_fails_is_no_outage(quiet: Telemetry) -> None:
    database = Database("sqlite+aiosqlite:///:memory:", quiet)
    with pytest.raises(Exception, match="no such table"):
        async with database.transaction() as connection:
            await connection.execute(text("SELECT * FROM missing_table"))

    async with database.transaction() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


async def _is_away(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.transaction():
            raise AssertionError("there was a connection")


async def test_a_database_whose_directory_is_missing_is_unavailable(tmp_path: Path, telemetry: Telemetry) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'user.db'}", telemetry)
    with pytest.raises(DatabaseUnavailable):
        await database.ping()
    with use_tenant("acme"), pytest.raises(DatabaseUnavailable):
        async with database.transaction():
            pytest.fail("it began")
    await database.close()
