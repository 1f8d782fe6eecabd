"""gRPC calls, each with a context of its own, in all four shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from grpc import aio

from tracetest import Memory, TracedClient


class Heard:
    """A server that remembers the metadata of each call."""

    def __init__(self) -> None:
        self.metadata: list[dict[str, Any]] = []

    def handlers(self) -> grpc.GenericRpcHandler:
        async def unary(_request: Any, context: Any) -> bytes:
            self.metadata.append(dict(context.invocation_metadata()))
            return b"answer"

        async def stream(_request: Any, context: Any) -> AsyncIterator[bytes]:
            self.metadata.append(dict(context.invocation_metadata()))
            yield b"answer"

        return grpc.method_handlers_generic_handler(
            "shop.Cart",
            {
                "UnaryUnary": grpc.unary_unary_rpc_method_handler(unary),
                "UnaryStream": grpc.unary_stream_rpc_method_handler(stream),
                "StreamUnary": grpc.stream_unary_rpc_method_handler(unary),
                "StreamStream": grpc.stream_stream_rpc_method_handler(stream),
            },
        )


@pytest.fixture
async def server(serve_grpc: Any) -> AsyncIterator[tuple[Heard, str]]:
    heard = Heard()
    made = aio.server()
    made.add_generic_rpc_handlers((heard.handlers(),))
    async with serve_grpc(made) as address:
        yield heard, address


async def requests() -> AsyncIterator[bytes]:
    yield b"request"


async def test_each_call_of_each_shape_has_a_context_and_the_tenants_metadata(server: tuple[Heard, str]) -> None:
    heard, address = server
    async with httpx.AsyncClient() as http:
        client = TracedClient(http, Memory(), headers_of=lambda tenant: {"X-Tenant-Id": tenant}, test="calls")
        async with client.channel(address, tenant="acme") as opened:
            channel: Any = opened
            more = (("more", "metadata"),)
            await channel.unary_unary("/shop.Cart/UnaryUnary")(b"", metadata=more)
            assert [each async for each in channel.unary_stream("/shop.Cart/UnaryStream")(b"")] == [b"answer"]
            await channel.stream_unary("/shop.Cart/StreamUnary")(requests())
            assert [each async for each in channel.stream_stream("/shop.Cart/StreamStream")(requests())] == [b"answer"]

    assert len({each["traceparent"] for each in heard.metadata}) == 4
    assert {each["x-tenant-id"] for each in heard.metadata} == {"acme"}
    assert heard.metadata[0]["more"] == "metadata"


async def test_complete_waits_for_the_trace_of_the_last_call(server: tuple[Heard, str]) -> None:
    heard, address = server
    async with httpx.AsyncClient() as http:
        client = TracedClient(http, Memory(within=0.01), test="calls")
        async with client.channel(address) as opened:
            channel: Any = opened
            await channel.unary_unary("/shop.Cart/UnaryUnary")(b"")
        sent = heard.metadata[0]["traceparent"].split("-")[1]

        with pytest.raises(AssertionError, match=f"trace {sent} is not whole"):
            await client.complete()


async def test_a_tenant_that_nobody_can_stand_for_is_refused() -> None:
    async with httpx.AsyncClient() as http:
        client = TracedClient(http, Memory())

        with pytest.raises(TypeError, match="tenant='acme': nobody said what a request of a tenant looks like"):
            client.channel("127.0.0.1:1", tenant="acme")
        with pytest.raises(AssertionError, match="no request was sent"):
            await client.complete()
