"""A stand-in for a service that is called, in all four shapes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.wrappers_pb2 import StringValue
from grpc import StatusCode, aio

from chassis.health import check
from telemetry import ExporterConfig, TelemetryConfig, configure, use_tenant
from tracetest import ServiceDouble

SERVICE = "double.test.Carts"
SHAPES = {"Get": (False, False), "List": (False, True), "Fill": (True, False), "Talk": (True, True)}


@pytest.fixture(scope="module", autouse=True)
def stubs() -> None:
    """Do what importing generated stubs does: make the service known."""
    file = descriptor_pb2.FileDescriptorProto(
        name="double/test.proto", package="double.test", dependency=["google/protobuf/wrappers.proto"], syntax="proto3"
    )
    service = file.service.add(name="Carts")
    kind = ".google.protobuf.StringValue"
    for name, (sends, gives) in SHAPES.items():
        service.method.add(name=name, input_type=kind, output_type=kind, client_streaming=sends, server_streaming=gives)
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


@pytest.fixture
async def carts() -> AsyncIterator[ServiceDouble]:
    async with ServiceDouble(SERVICE) as carts:
        yield carts


@pytest.fixture
async def channel(carts: ServiceDouble) -> AsyncIterator[aio.Channel]:
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config) as telemetry:
        async with telemetry.channel(carts.address, timeout=10.0) as channel:
            yield channel


def text(value: str) -> StringValue:
    return StringValue(value=value)


async def ask(channel: aio.Channel, method: str, given: str = "ab", **options: Any) -> list[str]:
    """Call the method with what the stubs would be called with; give what was answered."""
    sends, gives = SHAPES[method]
    shape = f"{'stream' if sends else 'unary'}_{'stream' if gives else 'unary'}"
    call: Any = getattr(channel, shape)(f"/{SERVICE}/{method}", StringValue.SerializeToString, StringValue.FromString)

    async def requests() -> AsyncIterator[StringValue]:
        for each in given:
            yield text(each)

    made = call(requests() if sends else text("a"), **options)
    return [each.value async for each in made] if gives else [(await made).value]


async def test_a_message_answers_and_the_call_is_kept(carts: ServiceDouble, channel: aio.Channel) -> None:
    carts.answers["Get"] = text("cart")
    with use_tenant("acme"):
        assert await ask(channel, "Get", timeout=2) == ["cart"]

    (call,) = carts.calls
    assert (call.method, call.request.value, call.metadata["x-tenant-id"]) == ("Get", "a", "acme")
    assert 0 < (call.time_remaining or 0) <= 2.1


async def test_a_list_answers_where_responses_stream(carts: ServiceDouble, channel: aio.Channel) -> None:
    carts.answers |= {"List": [text("1"), text("2")], "Talk": [text("3")]}

    assert await ask(channel, "List") == ["1", "2"]
    assert await ask(channel, "Talk") == ["3"]


@pytest.mark.parametrize("method", SHAPES)
async def test_a_code_is_how_a_call_of_any_shape_ends(carts: ServiceDouble, channel: aio.Channel, method: str) -> None:
    carts.answers[method] = StatusCode.RESOURCE_EXHAUSTED
    given = "" if method == "Talk" else "ab"  # so that the call does not end while its client writes

    with pytest.raises(aio.AioRpcError, match="details of RESOURCE_EXHAUSTED") as raised:
        await ask(channel, method, given)
    assert raised.value.code() is StatusCode.RESOURCE_EXHAUSTED


async def test_one_response_to_many_requests_is_given_when_they_have_come(
    carts: ServiceDouble, channel: aio.Channel
) -> None:
    carts.answers["Fill"] = text("1")

    assert await ask(channel, "Fill") == ["1"]
    assert carts.calls[0].request == [text("a"), text("b")]


async def test_a_function_reads_requests_and_writes_responses(carts: ServiceDouble, channel: aio.Channel) -> None:
    async def join(requests: Any, _context: Any) -> StringValue:
        return text("".join([request.value async for request in requests]))

    async def echo(requests: Any, context: Any) -> None:
        async for request in requests:
            await context.write(text(request.value * 2))

    carts.answers |= {"Fill": join, "Talk": echo}

    assert await ask(channel, "Fill") == ["ab"]
    assert await ask(channel, "Talk") == ["aa", "bb"]


async def test_its_calls_are_cancelled_and_overdue_as_any_others(carts: ServiceDouble, channel: aio.Channel) -> None:
    ended: asyncio.Queue[str] = asyncio.Queue()

    async def hang(_request: Any, _context: Any) -> None:
        ended.put_nowait("begun")
        try:
            await asyncio.Event().wait()
        finally:
            ended.put_nowait("ended")

    carts.answers["Get"] = hang

    with pytest.raises(aio.AioRpcError, match="DEADLINE_EXCEEDED"):
        await ask(channel, "Get", timeout=0.1)
    task = asyncio.create_task(ask(channel, "Get"))
    assert [await ended.get() for _time in range(3)] == ["begun", "ended", "begun"]
    task.cancel()
    assert await ended.get() == "ended"
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_has_no_answer_is_not_implemented(channel: aio.Channel) -> None:
    with pytest.raises(aio.AioRpcError, match="UNIMPLEMENTED"):
        await ask(channel, "Get")


async def test_it_tells_whether_it_is_ready_and_may_go_away(carts: ServiceDouble, channel: aio.Channel) -> None:
    assert await check(channel, SERVICE)
    await carts.set_ready(ready=False)
    assert not await check(channel, SERVICE)
    await carts.stop()
    with pytest.raises(aio.AioRpcError, match="UNAVAILABLE"):
        await ask(channel, "Get")


async def test_a_service_that_nobody_knows_is_one_clear_line() -> None:
    with pytest.raises(LookupError, match=r"^service='shop.Nobody': expected the full name of one whose stubs"):
        ServiceDouble("shop.Nobody")
