"""Real servers on free ports, and handlers that do what a test tells them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import StatusCode, aio

from telemetry import Telemetry, Trust
from telemetry.edge.policy import TRUSTED

if TYPE_CHECKING:  # generic to the type checker alone
    Handler = grpc.RpcMethodHandler[Any, Any]


MakeServer = Callable[..., aio.Server]
Start = Callable[..., Awaitable[str]]


@pytest.fixture(params=["server", "interceptors"])
def traced_server(request: pytest.FixtureRequest) -> MakeServer:
    """Give what makes a traced server: `Telemetry.server`, and gRPC's own with `Telemetry.server_interceptors`."""

    def make(
        telemetry: Telemetry,
        errors: dict[type[BaseException], StatusCode] | None = None,
        extra: Sequence[aio.ServerInterceptor] = (),
        trust: Trust = TRUSTED,
    ) -> aio.Server:
        if request.param == "server":
            return telemetry.server(errors, interceptors=extra, trust=trust)
        return aio.server(interceptors=[*telemetry.server_interceptors(errors, trust=trust), *extra])

    return make


@pytest.fixture
async def start(telemetry: Telemetry, traced_server: MakeServer, serve_grpc: Any) -> AsyncIterator[Start]:
    """Give a function that serves handlers as the service ``test.Service``, traced, and gives the address."""

    async def start_server(
        errors: dict[type[BaseException], StatusCode] | None = None,
        address: str = "127.0.0.1:0",
        extra: Sequence[aio.ServerInterceptor] = (),
        trust: Trust = TRUSTED,
        **handlers: Handler,
    ) -> str:
        server = traced_server(telemetry, errors, extra, trust)
        return await running.enter_async_context(serve_grpc(server, address, **handlers))

    async with AsyncExitStack() as running:
        yield start_server


Act = Callable[[Any], Awaitable[None]]


async def wait_for_ever(_context: Any) -> None:
    await asyncio.Event().wait()


@dataclass
class Service:
    """Handlers of every shape that do the same: they answer, act, and answer again."""

    act: Act = wait_for_ever
    running: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def unary_unary(self, _request: bytes, context: Any) -> bytes:
        await self._run(context)
        return b"last"

    async def unary_stream(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield request
        await self._run(context)
        yield b"last"

    async def stream_unary(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        async for _request in requests:
            pass
        await self._run(context)
        return b"last"

    async def stream_stream(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request
        await self._run(context)
        yield b"last"

    async def unary_write(self, request: bytes, context: Any) -> None:
        await context.write(request)
        await self._run(context)
        await context.write(b"last")

    async def stream_write(self, requests: AsyncIterator[bytes], context: Any) -> None:
        async for request in requests:
            await context.write(request)
        await self._run(context)
        await context.write(b"last")

    async def _run(self, context: Any) -> None:
        self.running.set()
        try:
            await self.act(context)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    def handlers(self) -> dict[str, Any]:
        return {
            "unary_unary": grpc.unary_unary_rpc_method_handler(self.unary_unary),
            "unary_stream": grpc.unary_stream_rpc_method_handler(self.unary_stream),
            "stream_unary": grpc.stream_unary_rpc_method_handler(self.stream_unary),
            "stream_stream": grpc.stream_stream_rpc_method_handler(self.stream_stream),
            "unary_write": grpc.unary_stream_rpc_method_handler(self.unary_write),
            "stream_write": grpc.stream_stream_rpc_method_handler(self.stream_write),
        }


async def _requests() -> AsyncIterator[bytes]:
    yield b"first"
    yield b"second"


def begin(channel: aio.Channel, method: str, **options: Any) -> Any:
    """Begin a call of ``test.Service``, with two requests where they stream."""
    shape = method.replace("write", "stream")
    invoke: Any = getattr(channel, shape)(f"/test.Service/{method}")
    return invoke(_requests() if shape.startswith("stream") else b"first", **options)


async def finish(call: Any) -> list[bytes]:
    """Give what the call is answered."""
    if isinstance(call, aio.UnaryStreamCall | aio.StreamStreamCall):
        return [response async for response in call]
    return [await call]


@pytest.fixture
def calls() -> SimpleNamespace:
    """Give `service`, which makes handlers of every shape, and `begin` and `finish`, which call them."""
    return SimpleNamespace(service=Service, begin=begin, finish=finish)
