"""What the database's seams do while a fault is on: statements, connections and the pool."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from grpc import StatusCode, aio
from sqlalchemy.pool import QueuePool

from chassis.database.engine import Database
from faults.flags import Audience

Wire = Callable[..., Awaitable[Any]]

UNARY = "test.v1.Test/Unary"


async def test_a_statement_is_repeated_and_every_one_has_its_span(wire: Wire) -> None:
    service = await wire(many=f"method: {UNARY}, do: repeat-statement, statement: SELECT rows, times: 4")

    assert await service.call() == b"3"
    assert len(service.spans("SELECT rows")) == 1
    service.on("many")
    assert await service.call() == b"3"
    assert len(service.spans("SELECT rows")) == 1 + 5


async def test_other_statements_are_not_repeated(wire: Wire) -> None:
    service = await wire(many=f"method: {UNARY}, do: repeat-statement, statement: INSERT rows, times: 4")
    service.on("many")

    await service.call()

    assert len(service.spans("SELECT rows")) == 1


async def test_a_broken_statement_fails_in_the_database_and_its_span_tells(wire: Wire) -> None:
    service = await wire(broken=f"method: {UNARY}, do: break-statement, statement: SELECT rows")

    assert await service.call() == b"3"
    service.on("broken")
    with pytest.raises(aio.AioRpcError) as caught:
        await service.call()

    assert caught.value.code() is StatusCode.INTERNAL
    _good, broken = service.spans("SELECT rows")
    assert (broken.attributes or {})["error.type"] == "SQLITE_ERROR"
    assert broken.status.description == "OperationalError"


async def test_a_slow_statement_is_slow_within_its_span(wire: Wire) -> None:
    service = await wire(slow=f"method: {UNARY}, do: slow-statement, statement: SELECT rows, seconds: 0.2")
    await service.call()
    service.on("slow")
    await service.call()

    quick, slow = ((span.end_time or 0) - (span.start_time or 0) for span in service.spans("SELECT rows"))
    assert slow >= 200_000_000
    assert quick < slow


async def test_a_slow_statement_keeps_nobody_else_waiting(wire: Wire) -> None:
    service = await wire(slow=f"method: {UNARY}, do: slow-statement, statement: SELECT rows, seconds: 60")
    service.on("slow")
    slow = asyncio.create_task(service.call())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(slow), 0.1)

    assert await service.call("Other") == b"3"
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    await service.ended(UNARY)


async def test_a_database_that_refuses_connections_is_an_outage(wire: Wire) -> None:
    service = await wire(down="method: test.v1.Test/Other, do: refuse-connections")
    service.on("down")

    with pytest.raises(aio.AioRpcError) as caught:
        await service.call("Other")

    assert (caught.value.code(), caught.value.details()) == (StatusCode.UNAVAILABLE, "the database is not available")


async def test_an_outage_for_one_tenant_is_none_for_another(wire: Wire) -> None:
    service = await wire(down=f"method: {UNARY}, do: refuse-connections")
    service.on("down", Audience(tenant="acme"))

    for _ in range(3):
        with pytest.raises(aio.AioRpcError):
            await service.call(tenant="acme")
        assert await service.call(tenant="umbrella") == b"3"


async def test_a_pool_that_is_taken_is_given_back(wire: Wire, database: Database) -> None:
    service = await wire(taken="method: test.v1.Test/Other, do: hold-pool")
    service.on("taken")

    with pytest.raises(aio.AioRpcError) as caught:
        await service.call("Other")

    assert caught.value.code() is StatusCode.UNAVAILABLE
    assert await service.call() == b"3"
    assert taken(database) == 0


async def test_a_connection_that_others_give_back_is_taken_as_well(wire: Wire, database: Database) -> None:
    service = await wire(taken="method: test.v1.Test/Other, do: hold-pool")
    service.on("taken")

    async with database.engine.connect():  # as a check of readiness has one
        call = asyncio.create_task(service.call("Other"))
        await all_taken(database)
    with pytest.raises(aio.AioRpcError) as caught:
        await call

    assert caught.value.code() is StatusCode.UNAVAILABLE


async def test_the_pool_stays_taken_until_the_last_of_several_calls_has_ended(wire: Wire, database: Database) -> None:
    service = await wire(taken="method: test.v1.Test/Other, do: hold-pool")
    service.on("taken")

    first = asyncio.create_task(service.call("Other"))
    await all_taken(database)
    both = await asyncio.gather(first, service.call("Other"), return_exceptions=True)

    assert [error.code() for error in both if isinstance(error, aio.AioRpcError)] == [StatusCode.UNAVAILABLE] * 2
    assert await service.call() == b"3"


async def all_taken(database: Database) -> None:
    async with asyncio.timeout(5):
        while taken(database) < database.most_connections:  # noqa: ASYNC110  a pool sets no event
            await asyncio.sleep(0.01)


def taken(database: Database) -> int:
    pool = database.engine.sync_engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def test_without_a_call_nothing_is_met(wire: Wire, database: Database) -> None:
    service = await wire(down=f"method: {UNARY}, do: refuse-connections")
    service.on("down")

    await database.ping()
