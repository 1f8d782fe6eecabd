from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio

from telemetry import Telemetry


async def repeat(request: bytes, _context: Any) -> AsyncIterator[bytes]:
    while True:
        yield request
        await asyncio.sleep(0.001)


async def echo(requests: AsyncIterator[bytes], _context: Any) -> AsyncIterator[bytes]:
    async for request in requests:
        yield request
    await asyncio.Event().wait()  # a caller that cancels ends its requests too


HANDLERS: dict[str, Any] = {
    "Repeat": grpc.unary_stream_rpc_method_handler(repeat),
    "Echo": grpc.stream_stream_rpc_method_handler(echo),
}


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x"
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("method", ["Repeat", "Echo"])
@pytest.mark.parametrize("read", [True, False])
async def test_a_stream_that_its_caller_forgets_is_cancelled_on_both_sides(
    telemetry: Telemetry,
    start: Any,
    ended: Any,
    method: str,
    read: bool,  # noqa: FBT001
) -> None:
    address = await start(**HANDLERS)
    async with telemetry.channel(address) as channel:

        async def leave() -> None:
            call = begin(channel, method)
            await call.wait_for_connection()
            async for _response in call if read else _nothing():
                break

        await leave()
        gc.collect()
        both = await ended(2)  # before the channel closes, which would cancel it as well

    assert [span.attributes["rpc.response.status_code"] for span in both] == ["CANCELLED", "CANCELLED"]


async def test_what_is_awaited_holds_its_stream(telemetry: Telemetry, start: Any) -> None:
    address = await start(**HANDLERS)
    async with telemetry.channel(address) as channel:
        assert await begin(channel, "Repeat").read() == b"x"
        assert await anext(aiter(begin(channel, "Repeat"))) == b"x"
        async for response in begin(channel, "Echo"):
            assert response == b"x"
            gc.collect()
            break


async def test_a_stream_that_has_ended_is_gRPCs_own_to_its_caller(telemetry: Telemetry, start: Any) -> None:  # noqa: N802
    address = await start(**HANDLERS)
    told: list[Any] = []
    async with telemetry.channel(address) as channel:
        call: Any = begin(channel, "Repeat", timeout=0.05)
        call.add_done_callback(told.append)
        assert isinstance(begin(channel, "Repeat"), aio.UnaryStreamCall)
        assert not call.done()
        assert call.time_remaining() is not None
        with pytest.raises(aio.AioRpcError, match="DEADLINE_EXCEEDED"):
            async for _response in call:
                pass
        assert await call.code() is StatusCode.DEADLINE_EXCEEDED
        assert await call.details()
        assert await call.debug_error_string()
        assert isinstance(await call.initial_metadata(), aio.Metadata)
        assert isinstance(await call.trailing_metadata(), aio.Metadata)
        assert call.done()
        assert not call.cancelled()
        assert not call.cancel()
        assert "DEADLINE_EXCEEDED" in repr(call)
    assert len(told) == 1


async def test_the_two_ways_to_read_do_not_mix(telemetry: Telemetry, start: Any) -> None:
    address = await start(**HANDLERS)
    async with telemetry.channel(address) as channel:
        call = begin(channel, "Repeat")
        await call.read()
        with pytest.raises(aio.UsageError):
            aiter(call)


def begin(channel: aio.Channel, method: str, **options: Any) -> Any:
    if method == "Repeat":
        repeated: Any = channel.unary_stream("/test.Service/Repeat")
        return repeated(b"x", **options)
    echoed: Any = channel.stream_stream("/test.Service/Echo")
    return echoed(_endless(), **options)


async def _nothing() -> AsyncIterator[bytes]:
    for response in tuple[bytes, ...]():
        yield response
