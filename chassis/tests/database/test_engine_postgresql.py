"""A PostgreSQL that refuses, never answers, or turns clients away."""

from __future__ import annotations

import asyncio
import struct
import traceback

import pytest
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database, DatabaseUnavailable
from telemetry import Telemetry, use_tenant

pytestmark = pytest.mark.usefixtures("quiet_end")

SECRET = "hunter2-and-more"


async def test_a_postgresql_that_refuses_is_unavailable(telemetry: Telemetry, unused_address: str) -> None:
    await assert_unavailable(telemetry, unused_address)


async def test_a_postgresql_that_never_answers_is_unavailable(
    telemetry: Telemetry, black_hole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.database.engine._CONNECT_SECONDS", 0.1)
    async with asyncio.timeout(5):
        await assert_unavailable(telemetry, black_hole)


@pytest.mark.parametrize(
    ("state", "away"),
    [("57P03", True), ("53300", True), ("08006", True), ("28P01", False), ("3D000", False)],
    ids=["starting", "too many connections", "connection failure", "wrong password", "no such database"],
)
async def test_a_postgresql_that_turns_clients_away_is_unavailable_unless_the_settings_are_wrong(
    telemetry: Telemetry,
    state: str,
    away: bool,  # noqa: FBT001
) -> None:
    """Speak the first words of PostgreSQL's protocol: SSL? No. Start-up? An error.

    https://www.postgresql.org/docs/current/protocol-message-formats.html
    """

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!I", await reader.readexactly(4))
        if length == 8:
            await reader.readexactly(4)
            writer.write(b"N")
            (length,) = struct.unpack("!I", await reader.readexactly(4))
        await reader.readexactly(length - 4)
        fields = b"SFATAL\0VFATAL\0C" + state.encode() + b"\0Mgo away\0\0"
        writer.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = f"127.0.0.1:{port}"
    async with server:
        if away:
            await assert_unavailable(telemetry, address)
        else:
            database = Database(f"postgresql+asyncpg://user_app:{SECRET}@{address}/user", telemetry)
            with pytest.raises(DBAPIError) as raised:
                await database.ping()
            assert SECRET not in "".join(traceback.format_exception(raised.value))
            await database.close()


async def assert_unavailable(telemetry: Telemetry, address: str) -> None:
    database = Database(f"postgresql+asyncpg://user_app:{SECRET}@{address}/user", telemetry)
    with pytest.raises(DatabaseUnavailable) as pinged:
        await database.ping()
    with use_tenant("acme"), pytest.raises(DatabaseUnavailable):
        async with database.transaction():
            pytest.fail("it began")
    await database.close()

    assert SECRET not in "".join(traceback.format_exception(pinged.value))
