"""A server around a real one, whose handlers are traced, and know the tenant and the deadline.

It does what `telemetry.grpc.server` does as an interceptor, for less: a server with interceptors runs two coroutines
more for each call, and what they need is seldom in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import grpc
from grpc import aio

from telemetry.grpc.server import TracingServerInterceptor

if TYPE_CHECKING:  # generic to the type checker alone
    Handler = grpc.RpcMethodHandler[Any, Any]

# Without the first a second program could listen on the same port and be given every other call. Without the second a
# client's keepalive on a quiet stream is taken for an attack: after three pings gRPC ends the stream with "too many
# pings".
SERVER_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.so_reuseport", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)


class TracedServer(aio.Server):
    """A server of ``grpc.aio`` as any other.

    Args:
        server: Serves; it has no interceptors.
        tracing: Makes traced handlers of the handlers that are added.
    """

    def __init__(self, server: aio.Server, tracing: TracingServerInterceptor) -> None:
        self._server = server
        self._tracing = tracing

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Add handlers, before the start."""
        self._server.add_generic_rpc_handlers([_Traced(each, self._tracing) for each in generic_rpc_handlers])

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Handler]) -> None:
        """Add handlers by name, before the start; gRPC would look these up by itself, and tell nobody of a call."""
        self.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service_name, dict(method_handlers)),))

    def add_insecure_port(self, address: str) -> int:
        """Listen in clear text; give the port."""
        return self._server.add_insecure_port(address)

    def add_secure_port(self, address: str, server_credentials: grpc.ServerCredentials) -> int:
        """Listen with TLS; give the port."""
        return self._server.add_secure_port(address, server_credentials)

    async def start(self) -> None:
        """Start to serve."""
        await self._server.start()

    async def stop(self, grace: float | None) -> None:
        """Stop; calls that run get `grace` seconds to end before they are cancelled."""
        await self._server.stop(grace)

    async def wait_for_termination(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109  gRPC's signature
        """Wait until it has stopped; True when that took longer than `timeout` seconds."""
        return await self._server.wait_for_termination(timeout)


class _Traced(grpc.GenericRpcHandler):
    """Handlers, traced.

    Args:
        handlers: These.
        tracing: Traces.
    """

    def __init__(self, handlers: grpc.GenericRpcHandler, tracing: TracingServerInterceptor) -> None:
        self._find = handlers.service
        self._traced = tracing.traced

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        """Give the handler of a call; None when there is none."""
        handler = self._find(handler_call_details)
        return None if handler is None else self._traced(handler, handler_call_details)


def make_server(
    tracing: TracingServerInterceptor,
    interceptors: Sequence[aio.ServerInterceptor] = (),
    options: Sequence[tuple[str, str | int]] = (),
) -> aio.Server:
    """Make a server.

    Args:
        tracing: Traces the calls.
        interceptors: Run inside of each call's span; with any of them, `tracing` is an interceptor as they are.
        options: More channel arguments; they win over SERVER_OPTIONS.
    """
    arguments = list((dict[str, str | int](SERVER_OPTIONS) | dict(options)).items())
    if interceptors:
        return aio.server(interceptors=(tracing, *interceptors), options=arguments)
    return TracedServer(aio.server(options=arguments), tracing)
