from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio

from telemetry import Telemetry, current_trace_id


async def answer(_request: bytes, _context: Any) -> bytes:
    return str(current_trace_id()).encode()


HANDLERS: dict[str, Any] = {"Answer": grpc.unary_unary_rpc_method_handler(answer)}


async def call(address: str, method: str = "Answer") -> Any:
    """Call a method without a trace."""
    async with aio.insecure_channel(address) as channel:
        unary: Any = channel.unary_unary(f"/test.Service/{method}")
        return await unary(b"")


async def test_handlers_that_are_added_by_name_are_traced_once(
    telemetry: Telemetry, serve_grpc: Any, ended: Any
) -> None:
    server = telemetry.server()
    # And in general, as generated code does: gRPC looks a method up among those that are registered first.
    server.add_registered_method_handlers("test.Service", HANDLERS)
    async with serve_grpc(server, **HANDLERS) as address:
        trace_id = await call(address)

    (span,) = await ended(1)
    assert (span.name, trace_id.decode()) == ("test.Service/Answer", f"{span.context.trace_id:032x}")


async def test_handlers_that_are_added_by_name_alone_are_traced(
    telemetry: Telemetry, serve_grpc: Any, ended: Any
) -> None:
    server = telemetry.server()
    server.add_registered_method_handlers("test.Service", HANDLERS)
    async with serve_grpc(server) as address:
        await call(address)

    (span,) = await ended(1)
    assert span.name == "test.Service/Answer"


async def test_a_method_that_nobody_serves_is_unimplemented_and_leaves_no_span(
    telemetry: Telemetry, serve_grpc: Any, started: list[Any]
) -> None:
    server = telemetry.server()
    server.add_registered_method_handlers("test.Service", HANDLERS)
    async with serve_grpc(server) as address:
        with pytest.raises(aio.AioRpcError) as refused:
            await call(address, "Nothing")

    assert refused.value.code() is StatusCode.UNIMPLEMENTED
    assert not started


class Watching(aio.ServerInterceptor):
    """Notes the trace that is current around the handler."""

    def __init__(self) -> None:
        self.seen: list[str | None] = []

    async def intercept_service(self, continuation: Any, handler_call_details: grpc.HandlerCallDetails) -> Any:
        handler = await continuation(handler_call_details)

        async def watched(request: bytes, context: Any) -> Any:
            self.seen.append(current_trace_id())
            return await handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(watched)


async def test_more_interceptors_run_inside_of_the_calls_span(
    telemetry: Telemetry, serve_grpc: Any, ended: Any
) -> None:
    watching = Watching()
    server = telemetry.server(interceptors=[watching])
    server.add_registered_method_handlers("test.Service", HANDLERS)
    async with serve_grpc(server) as address:
        trace_id = await call(address)

    await ended(1)
    assert watching.seen == [trace_id.decode()]


async def test_no_second_server_gets_a_port_that_is_served_unless_it_is_asked_for(telemetry: Telemetry) -> None:
    first, second = telemetry.server(), telemetry.server()
    port = first.add_insecure_port("127.0.0.1:0")
    with pytest.raises(RuntimeError):
        second.add_insecure_port(f"127.0.0.1:{port}")

    shared = [telemetry.server(options=[("grpc.so_reuseport", 1)]) for _server in range(2)]
    port = shared[0].add_insecure_port("127.0.0.1:0")
    assert shared[1].add_insecure_port(f"127.0.0.1:{port}") == port


async def test_who_waits_for_its_end_is_told(telemetry: Telemetry, serve_grpc: Any) -> None:
    server = telemetry.server()
    async with serve_grpc(server):
        assert await server.wait_for_termination(0.01)  # it takes longer
        waiting = asyncio.create_task(server.wait_for_termination())
    assert await waiting is False
