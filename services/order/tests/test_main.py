from __future__ import annotations

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from uuid import uuid4

import pytest
from grpc import StatusCode, aio
from sqlalchemy import URL

from order_service.domain import Money, Order, OrderDraft, OrderId, OrderItem, UserId
from order_service.orders import utc_now
from order_service.server import SERVICE
from order_service.store import OrderStore
from shop.order.v1.order_pb2 import WatchOrderRequest
from shop.order.v1.order_pb2_grpc import OrderServiceStub
from telemetry import Telemetry
from telemetry.database import Database
from telemetry.grpc.health import check

QUIET = {"OTEL_TRACES_EXPORTER": "none"}


async def start(environ: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "order_service", env=QUIET | environ, stdout=PIPE, stderr=PIPE
    )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def test_the_program_serves_until_it_is_asked_to_stop(sqlite: URL) -> None:
    address = f"127.0.0.1:{free_port()}"
    program = await start({"LISTEN": address, "DATABASE_URL": sqlite.render_as_string(hide_password=False)})
    try:
        async with asyncio.timeout(30), aio.insecure_channel(address) as channel:
            while not await check(channel, SERVICE):
                assert program.returncode is None
                await channel.channel_ready()
        program.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(program.communicate(), 8)
    finally:
        if program.returncode is None:
            program.kill()

    assert (program.returncode, errors) == (0, b"")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_stream_ends_well_when_the_program_is_asked_to_stop(
    sqlite: URL, telemetry: Telemetry, database: Database, store: OrderStore
) -> None:
    draft = OrderDraft(UserId(uuid4()), (OrderItem("tea", 2, Money(350, "EUR")),), "key-1")
    order = (await store.insert(Order.place(draft, OrderId(uuid4()), utc_now()), draft)).order
    await database.close()
    address = f"127.0.0.1:{free_port()}"
    program = await start({"LISTEN": address, "DATABASE_URL": str(sqlite)})
    try:
        async with asyncio.timeout(30), telemetry.channel(address) as channel:
            await channel.channel_ready()
            call = OrderServiceStub(channel).WatchOrder(WatchOrderRequest(order_id=str(order.order_id)))
            responses = aiter(call)
            assert (await anext(responses)).order.version == 1
            program.send_signal(signal.SIGTERM)
            assert [response async for response in responses] == []
            assert await call.code() is StatusCode.OK
        assert await asyncio.wait_for(program.wait(), 8) == 0
    finally:
        if program.returncode is None:
            program.kill()


async def test_a_wrong_setting_ends_the_program_with_one_line() -> None:
    program = await start({"LISTEN": "nowhere"})

    _, errors = await program.communicate()

    assert program.returncode == 2
    assert errors.decode() == "order: LISTEN='nowhere': expected HOST:PORT with a port from 0 to 65535\n"


async def test_a_port_that_is_taken_ends_the_program_with_one_line(sqlite: URL) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        program = await start({"LISTEN": address, "DATABASE_URL": str(sqlite)})
        _, errors = await program.communicate()

    assert program.returncode == 2
    assert f"order: LISTEN='{address}': the address cannot be bound" in errors.decode()
