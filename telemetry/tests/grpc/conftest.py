"""Real servers on free ports, and handlers that do what a test tells them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc import StatusCode, aio

from telemetry import Telemetry

if TYPE_CHECKING:  # generic to the type checker alone
    Handler = grpc.RpcMethodHandler[Any, Any]


Start = Callable[..., Awaitable[str]]


@pytest.fixture
async def start(telemetry: Telemetry) -> AsyncIterator[Start]:
    """Give a function that serves handlers as the service ``test.Service``, traced, and gives the address."""
    servers: list[aio.Server] = []

    async def start_server(
        errors: dict[type[BaseException], StatusCode] | None = None,
        address: str = "127.0.0.1:0",
        extra: Sequence[aio.ServerInterceptor] = (),
        **handlers: Handler,
    ) -> str:
        server = aio.server(interceptors=[*telemetry.server_interceptors(errors), *extra])
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
        port = server.add_insecure_port(address)
        await server.start()
        servers.append(server)
        return f"127.0.0.1:{port}"

    yield start_server
    for server in servers:
        await server.stop(None)
