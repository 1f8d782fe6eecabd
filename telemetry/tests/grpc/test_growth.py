"""Ten thousand calls of every shape and every ending leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio

from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure

_CALLS = 10_000
_AT_ONCE = 50
_SPARE = 1_000  # objects that come and go; one call in sixteen that is kept, with all that it holds, would be more


class MissingError(Exception):
    pass


async def act(request: bytes, context: Any) -> None:
    """Do what the request says."""
    match request:
        case b"mapped":
            raise MissingError("no such thing")
        case b"abort":
            await context.abort(StatusCode.FAILED_PRECONDITION, "not now")
        case b"uncaught":
            raise RuntimeError("broken")
        case b"hang":
            await asyncio.Event().wait()


async def unary_unary(request: bytes, context: Any) -> bytes:
    await act(request, context)
    return request


async def unary_stream(request: bytes, context: Any) -> AsyncIterator[bytes]:
    yield b"first"
    await act(request, context)
    yield b"last"


async def stream_unary(requests: AsyncIterator[bytes], context: Any) -> bytes:
    async for request in requests:
        await act(request, context)
    return b"last"


async def stream_stream(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    async for request in requests:
        yield b"first"
        await act(request, context)
    yield b"last"


SHAPES: dict[str, Any] = {
    "unary_unary": unary_unary,
    "unary_stream": unary_stream,
    "stream_unary": stream_unary,
    "stream_stream": stream_stream,
}


@pytest.fixture
def quiet_telemetry() -> Any:
    """Give a telemetry that keeps no span, as a recorder would."""
    with configure(TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))) as telemetry:
        yield telemetry


async def test_ten_thousand_mixed_calls_leave_no_span_no_task_and_no_object(
    quiet_telemetry: Telemetry, serve_grpc: Any, until: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "telemetry")  # each line would be an object that the test itself keeps
    server = quiet_telemetry.server({MissingError: StatusCode.NOT_FOUND})
    handlers = {name: getattr(grpc, f"{name}_rpc_method_handler")(each) for name, each in SHAPES.items()}
    async with (
        serve_grpc(server, **handlers) as address,
        quiet_telemetry.channel(address, timeout=60, stream_timeout=60) as channel,
    ):
        kinds = [kind(channel, shape) for shape in SHAPES for kind in (ending, cancelled, left, forgotten)]

        async def run(count: int) -> int:
            waiting = iter(kinds[number % len(kinds)] for number in range(count))

            async def work() -> None:
                for call in waiting:
                    await call()

            await asyncio.gather(*(work() for _worker in range(_AT_ONCE)))
            await until(lambda: not quiet_telemetry.open_spans)
            await until(lambda: len(asyncio.all_tasks()) <= tasks)
            gc.collect()
            return len(gc.get_objects())

        await ending(channel, "unary_unary")()
        tasks = len(asyncio.all_tasks())
        objects = await run(_CALLS // 5)
        grown = await run(_CALLS - _CALLS // 5)

    assert grown - objects < _SPARE


Call = Callable[[], Coroutine[Any, Any, None]]


def ending(channel: aio.Channel, shape: str) -> Call:
    """Make calls that end by themselves, each in another way."""
    ways = (b"ok", b"mapped", b"abort", b"uncaught", b"late")
    made = iter(ways * _CALLS)

    async def call() -> None:
        way = next(made)
        begun = begin(channel, shape, b"hang" if way == b"late" else way, timeout=0.05 if way == b"late" else None)
        try:
            if shape.endswith("stream"):
                async for _response in begun:
                    pass
            else:
                await begun
        except aio.AioRpcError as error:
            assert error.code() is not StatusCode.OK  # noqa: PT017  any of many

    return call


def cancelled(channel: aio.Channel, shape: str) -> Call:
    """Make calls that are cancelled, some before they have begun."""
    turns = iter(range(_CALLS))

    async def call() -> None:
        begun = begin(channel, shape, b"hang")
        for _turn in range(next(turns) % 3):
            await asyncio.sleep(0)
        begun.cancel()
        assert await begun.code() is StatusCode.CANCELLED

    return call


def left(channel: aio.Channel, shape: str) -> Call:
    """Make calls whose responses are read in part, and then cancelled; of one response, awaited by a cancelled task."""

    async def call() -> None:
        begun = begin(channel, shape, b"hang")
        if shape.endswith("stream"):
            assert await begun.read() == b"first"
            begun.cancel()
            return

        async def wait() -> None:
            await begun

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    return call


def forgotten(channel: aio.Channel, shape: str) -> Call:
    """Make calls without awaiting them."""

    async def call() -> None:
        begun = begin(channel, shape, b"ok")
        await begun.wait_for_connection()

    return call


def begin(channel: aio.Channel, shape: str, request: bytes, timeout: float | None = None) -> Any:
    method: Any = getattr(channel, shape)(f"/test.Service/{shape}")

    async def requests() -> AsyncIterator[bytes]:
        yield request

    return method(requests() if shape.startswith("stream") else request, timeout=timeout)
