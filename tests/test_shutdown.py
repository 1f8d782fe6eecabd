"""A service that is asked to stop finishes what runs, exports its spans, and ends in time, whatever else is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack.e2e.load import ordering
from stack.e2e.recovery import until_served
from stack.e2e.stacks import ITEM, Shop, Stack
from stack.local import LocalStack
from tracetest import new_context

pytestmark = pytest.mark.timeout(180)

SERVICES = ("user", "order", "gateway")
WITHIN = 8.0  # seconds
SMALLEST_CALL = 80  # bytes of GetUser with its trace context and tenant


@pytest.mark.parametrize("service", SERVICES)
async def test_under_load_it_ends_well_and_no_span_is_lost(stack: Stack, shop: Shop, service: str) -> None:
    async with ordering(shop) as customers:
        await customers.placed(10)
        try:
            code, seconds = await asyncio.to_thread(stack.terminate, service)
            before = list(customers.acknowledged.values())
            traces = [await exchange.trace() for exchange in before[-5:]]
        finally:
            await asyncio.to_thread(stack.start, service)
        await customers.placed(10)

    assert code == 0, stack.log(service)
    assert seconds < WITHIN
    assert [len(trace) for trace in traces] == [7] * 5
    assert sorted(await customers.listed()) == sorted(customers.order_ids)


@pytest.mark.parametrize("service", SERVICES)
async def test_it_ends_in_time_when_its_spans_have_nowhere_to_go(stack: Stack, shop: Shop, service: str) -> None:
    sink = "collector" if "collector" in stack.parts else "jaeger"
    if sink not in stack.parts:
        pytest.skip("the Jaeger at the address in JAEGER is not ours to kill")
    async with ordering(shop) as customers:
        await asyncio.to_thread(stack.kill, sink)
        try:
            await customers.placed(10)
            code, seconds = await asyncio.to_thread(stack.terminate, service)
        finally:
            await asyncio.to_thread(stack.start, sink)
            await asyncio.to_thread(stack.start, service)
        await customers.placed(10)

    assert code == 0, stack.log(service)
    assert seconds < WITHIN
    assert "spans were not exported" in stack.log(service)


async def test_the_gateway_answers_a_request_whose_body_is_still_on_its_way(
    local: LocalStack, shop: Shop, tenant: str
) -> None:
    body = json.dumps({"user_id": await shop.user(), "items": [ITEM]}).encode()
    context = new_context()
    address = urlsplit(local.gateway_url)
    head = (
        "POST /v1/orders HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {local.token(tenant, 'trace')}",
        f"traceparent: {context.traceparent}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
    )
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write("\r\n".join((*head, "", "")).encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")  # it asks for the body: it runs

    ending = asyncio.create_task(asyncio.to_thread(local.terminate, "gateway"))
    try:
        await until_refused(address.hostname, address.port)
        writer.write(body)
        answer = await reader.readuntil(b"\r\n\r\n")
        code, seconds = await ending
    finally:
        writer.close()
        await restart(local, "gateway", shop)

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert (code, seconds < WITHIN) == (0, True)
    assert len(await shop.api.finished(context.trace_id, context.span_id)) == 7


async def test_the_order_service_finishes_a_call_that_waits_for_the_user_service(local: LocalStack, shop: Shop) -> None:
    user_id = await shop.user()
    await shop.placed(user_id)  # now all connections are open
    stops = local.log("order").count('"stopping"')
    try:
        with frozen(local.pid("user")):
            placing = asyncio.create_task(shop.order(user_id))
            await until(lambda: has_unread_call(local, "user"))
            ending = asyncio.create_task(asyncio.to_thread(local.terminate, "order"))
            await until(lambda: local.log("order").count('"stopping"') > stops)
        exchange = await placing
        code, seconds = await ending
    finally:
        await restart(local, "order", shop)

    assert exchange.response.status_code == 201, exchange.response.text
    assert (code, seconds < WITHIN) == (0, True)
    assert len(await exchange.trace()) == 7


@pytest.mark.parametrize("service", ["order", "gateway"])
async def test_a_stream_ends_well_and_can_be_taken_up_again(stack: Stack, shop: Shop, service: str) -> None:
    order_id = await shop.placed()
    path = f"/v1/orders/{order_id}/events"
    try:
        async with shop.api.http.stream("GET", path) as response:
            lines = response.aiter_lines()
            first = [line async for line in until_blank(lines)]
            code, seconds = await asyncio.to_thread(stack.terminate, service)
            rest = [line async for line in lines]
    finally:
        await restart(stack, service, shop)

    assert "event: order.placed" in first
    assert "event: error" not in rest
    assert (code, seconds < WITHIN) == (0, True)
    await shop.api.post(f"/v1/orders/{order_id}/cancel")
    again = await shop.api.get(path, headers={"Last-Event-ID": "1"})
    assert "event: order.cancelled" in again.response.text.splitlines()


async def restart(stack: Stack | LocalStack, service: str, shop: Shop) -> None:
    """Leave the stack complete, whether the service has ended, is ending, or runs because the test has failed."""
    await asyncio.to_thread(stack.terminate, service)
    await asyncio.to_thread(stack.start, service)
    await until_served(shop)


async def until_blank(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        if not line:
            return
        yield line


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  another process makes it true
            await asyncio.sleep(0.01)


async def until_refused(host: str | None, port: int | None) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except ConnectionError:  # refused, or reset as it closes
                return
            writer.close()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Keep a process from running, without its peers' noticing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def has_unread_call(local: LocalStack, service: str) -> bool:
    """Tell whether somebody has sent the service a call that it has not read yet, by the bytes that Linux keeps for it.

    What HTTP/2 sends by itself, pings and windows, is smaller.
    """
    port = int(local.programs[service].environment["LISTEN"].rpartition(":")[2])
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    received = (int(unread.rpartition(":")[2], 16) for _, at, _, _, unread, *_ in lines if at.endswith(f":{port:04X}"))
    return any(unread > SMALLEST_CALL for unread in received)
