from __future__ import annotations

import asyncio
import signal
import socket
import sys
from uuid import uuid4

import pytest
from grpc import StatusCode
from sqlalchemy import URL

from chassis.database.engine import Database
from order_service.domain import Money, Order, OrderDraft, OrderId, OrderItem, UserId
from order_service.orders import utc_now
from order_service.store import OrderStore
from shop.order.v1.order_pb2 import WatchOrderRequest
from shop.order.v1.order_pb2_grpc import OrderServiceStub
from telemetry import Telemetry


def free_address() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_stream_ends_well_when_the_program_is_asked_to_stop(
    sqlite: URL, telemetry: Telemetry, database: Database, store: OrderStore
) -> None:
    draft = OrderDraft(UserId(uuid4()), (OrderItem("tea", 2, Money(350, "EUR")),), "key-1")
    order = (await store.insert(Order.place(draft, OrderId(uuid4()), utc_now()), draft)).order
    await database.close()
    address = free_address()
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "order_service",
        env={"LISTEN": address, "DATABASE_URL": str(sqlite), "OTEL_TRACES_EXPORTER": "none"},
    )
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
