"""The barrier of the test profile: asked at the edge, all services export what they have, and a test need not wait.

It exists where the configuration says `test_profile` and nowhere else: whoever reaches a service may ask it, and to
export on demand is work. It leaves no spans, is not measured and writes no line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import grpc
from grpc import StatusCode, aio

from telemetry.asgi import ASGIApp, Receive, Scope, Send
from telemetry.grpc.methods import BARRIER_SERVICE
from telemetry.setup import Telemetry

BARRIER_PATH = "/-/flush"

_METHOD = f"/{BARRIER_SERVICE}/Flush"
_BUDGET = 2.0  # seconds for a service
_WITHIN = 3.0  # seconds for one that is asked

Flush = Callable[[], Awaitable[str]]


def add_barrier(server: aio.Server, telemetry: Telemetry) -> None:
    """Add the method that makes a gRPC service export what it has; its request and its answer are empty."""

    async def flush(_request: bytes, context: aio.ServicerContext[bytes, bytes]) -> bytes:
        if problem := await _flush_here(telemetry):
            await context.abort(StatusCode.UNAVAILABLE, problem)
        return b""

    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {"Flush": grpc.unary_unary_rpc_method_handler(flush)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(BARRIER_SERVICE, handlers),))


class Barrier:
    """Wraps an ASGI application, outside of its tracing: ``POST /-/flush`` is answered here.

    204 says that all have exported what they had by then, 503 names those that have not.

    Args:
        app: What is wrapped.
        telemetry: Of the service itself.
        services: ``HOST:PORT`` of the services behind it, by name.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry, services: Mapping[str, str]) -> None:
        self._app = app
        self._telemetry = telemetry
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", BARRIER_PATH):
            await self._app(scope, receive, send)
            return
        asked = (_flush_there(name, address) for name, address in self._services.items())
        problems = list(filter(None, await asyncio.gather(_flush_here(self._telemetry), *asked)))
        body = "\n".join(problems).encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8")] if problems else []
        await send({"type": "http.response.start", "status": 503 if problems else 204, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _flush_here(telemetry: Telemetry) -> str:
    in_time = await asyncio.to_thread(telemetry.force_flush, _BUDGET)
    return "" if in_time else f"{telemetry.config.service_name}: not exported within {_BUDGET:g} s"


async def _flush_there(name: str, address: str) -> str:
    async with aio.insecure_channel(address) as channel:
        call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_METHOD)
        try:
            await call(b"", timeout=_WITHIN)
        except aio.AioRpcError as error:
            return f"{name}: {error.code().name} {error.details()}"
    return ""
