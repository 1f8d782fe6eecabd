"""The barrier of the test profile: one request at the edge makes all services export now, so a test need not wait.

It exists only with `test_profile` in the configuration: any client can call it, and an export costs work. It creates no
span, metric or log line.
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
_WITHIN = 3.0  # seconds for a service behind it

Flush = Callable[[], Awaitable[str]]


def add_barrier(server: aio.Server, telemetry: Telemetry) -> None:
    """Add the method that makes a gRPC service export now; request and response are empty."""

    async def flush(_request: bytes, context: aio.ServicerContext[bytes, bytes]) -> bytes:
        if problem := await _flush_here(telemetry):
            await context.abort(StatusCode.UNAVAILABLE, problem)
        return b""

    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {"Flush": grpc.unary_unary_rpc_method_handler(flush)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(BARRIER_SERVICE, handlers),))


class Barrier:
    """Wraps an ASGI application, outside of its tracing, and handles ``POST /-/flush``.

    204: all services have exported everything. 503: the body names those that have not.

    Args:
        app: The application.
        telemetry: This service's.
        services: The ``HOST:PORT`` of each service behind it, by name.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry, services: Mapping[str, str]) -> None:
        self._app = app
        self._telemetry = telemetry
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the request, or pass it on."""
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
