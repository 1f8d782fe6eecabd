from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from grpc import aio
from grpc_health.v1 import health_pb2_grpc

from chassis.health import Health, check

SERVICE = "shop.user.v1.UserService"


class Database:
    """Something to be ready for."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.pings = 0

    async def ping(self) -> None:
        self.pings += 1
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
async def serving(database: Database, serve_grpc: Any) -> AsyncIterator[tuple[str, Health]]:
    health = Health([SERVICE], database.ping, interval=0.005)
    server = aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    async with serve_grpc(server) as address:
        watch = asyncio.create_task(health.watch())
        yield address, health
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


@pytest.fixture
async def channel(serving: tuple[str, Health]) -> AsyncIterator[aio.Channel]:
    async with aio.insecure_channel(serving[0]) as channel:
        yield channel


Becomes = Callable[..., Awaitable[None]]


@pytest.fixture
def becomes(channel: aio.Channel) -> Becomes:
    async def wait(*, healthy: bool) -> None:
        async with asyncio.timeout(10):
            while await check(channel, SERVICE) is not healthy:
                pass

    return wait


async def test_a_service_is_healthy_as_long_as_what_it_needs_answers(
    channel: aio.Channel, database: Database, becomes: Becomes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "chassis")
    await becomes(healthy=True)
    database.fault = ConnectionError("no route to the database")
    await becomes(healthy=False)
    assert await check(channel)
    pings = database.pings
    while database.pings < pings + 5:
        assert not await check(channel, SERVICE)
    database.fault = None
    await becomes(healthy=True)

    assert [record.getMessage() for record in caplog.records if record.name == "chassis.health"] == [
        "not ready: no route to the database",
        "ready again",
    ]


async def test_a_service_that_was_never_ready_is_not_healthy_and_says_why_once(
    database: Database, until: Any, caplog: pytest.LogCaptureFixture
) -> None:
    database.fault = TimeoutError()
    watch = asyncio.create_task(Health([SERVICE], database.ping, interval=0.001).watch())
    await until(lambda: database.pings >= 5)
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)

    assert [record.getMessage() for record in caplog.records if record.name == "chassis.health"] == [
        "not ready: TimeoutError"
    ]


async def test_what_never_answers_is_not_ready() -> None:
    cancelled = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with asyncio.timeout(5):
        assert not await Health([SERVICE], hang)._is_ready()
    assert cancelled.is_set()


async def test_a_service_that_needs_nothing_is_ready() -> None:
    assert await Health([SERVICE], None)._is_ready()


async def test_a_draining_server_is_not_healthy(
    serving: tuple[str, Health], channel: aio.Channel, becomes: Becomes, database: Database
) -> None:
    await becomes(healthy=True)
    await serving[1].drain()
    pings = database.pings
    while database.pings < pings + 3:
        assert not await check(channel, SERVICE)
    assert not await check(channel)


async def test_an_unknown_service_and_a_server_that_is_away_are_not_healthy(
    channel: aio.Channel, unused_address: str
) -> None:
    assert not await check(channel, "shop.other.v1.OtherService")
    async with aio.insecure_channel(unused_address) as nobody:
        assert not await check(nobody)


async def test_a_server_that_never_answers_is_not_healthy_after_the_timeout(black_hole: str) -> None:
    async with aio.insecure_channel(black_hole) as channel, asyncio.timeout(5):
        assert not await check(channel, timeout=0.1)


async def test_the_command_tells_by_its_exit_code(
    serving: tuple[str, Health], becomes: Becomes, unused_address: str
) -> None:
    await becomes(healthy=True)
    address, _health = serving

    results = await asyncio.gather(
        _command(address), _command(address, SERVICE), _command(address, "other"), _command(unused_address), _command()
    )

    assert [code for code, _output in results] == [0, 0, 1, 1, 1]
    assert results[-1][1] == "usage: python -m chassis.health HOST:PORT [SERVICE]\n"


async def _command(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chassis.health", *arguments, stderr=asyncio.subprocess.PIPE
    )
    _output, errors = await process.communicate()
    return process.returncode, errors.decode()
