"""OTLP/gRPC as clients see it, on a port of its own."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it has stubs and does not say so
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from grpc import aio
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from console.model import Span
from console.receive.body import BodyLimits
from console.receive.grpc import bind
from console.receive.signals import SIGNALS, TRACES, Signal
from console.server import build
from console.settings import Settings
from console.stores import Stores
from telemetry.settings.env import ConfigError

Encode = Callable[[list[Span]], ExportTraceServiceRequest]
MakeSpan = Callable[..., Span]
Connect = Callable[..., Awaitable["Client"]]


@dataclass(frozen=True)
class Client:
    """A channel to a console, and what that holds."""

    port: int
    channel: aio.Channel
    stores: Stores

    async def export(
        self,
        body: bytes,
        signal: Signal = TRACES,
        *,
        compression: grpc.Compression | None = None,
        metadata: tuple[tuple[str, str], ...] = (),
    ) -> bytes:
        call: aio.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(f"/{signal.service}/Export")
        return bytes(await call(body, timeout=20, compression=compression, metadata=metadata))

    async def refusal(self, body: bytes, *, metadata: tuple[tuple[str, str], ...] = ()) -> aio.AioRpcError:
        with pytest.raises(aio.AioRpcError) as raised:
            await self.export(body, metadata=metadata)
        return raised.value


@asynccontextmanager
async def serving(bodies: BodyLimits) -> AsyncIterator[Client]:
    """Start a console with some limits, and connect to it."""
    console = build(Settings(bodies=bodies))
    server = console.grpc.server()
    port = bind(server, "127.0.0.1:0", "OTLP_GRPC_LISTEN")
    await server.start()
    try:
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Client(port, channel, console.stores)
    finally:
        await server.stop(None)


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Give a function that starts a console with some limits, and connects to it."""
    async with AsyncExitStack() as stack:

        async def start(bodies: BodyLimits | None = None) -> Client:
            return await stack.enter_async_context(serving(bodies or BodyLimits()))

        yield start


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_spans_are_taken(
    connect: Connect, order_trace: list[Span], encode: Encode, compression: grpc.Compression
) -> None:
    client = await connect()
    answer = await client.export(encode(order_trace).SerializeToString(), compression=compression)
    assert ExportTraceServiceResponse.FromString(answer) == ExportTraceServiceResponse()
    trace = client.stores.traces.trace(order_trace[0].trace_id)
    assert trace
    assert list(trace.spans) == order_trace


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
async def test_an_empty_request_is_fine(connect: Connect, signal: Signal) -> None:
    client = await connect()
    assert await client.export(b"", signal) == b""


async def test_single_bad_spans_are_a_partial_success(connect: Connect, make_span: MakeSpan, encode: Encode) -> None:
    client = await connect()
    answer = await client.export(encode([make_span(), replace(make_span(span=2), trace_id="ab")]).SerializeToString())
    partial = ExportTraceServiceResponse.FromString(answer).partial_success
    assert (partial.rejected_spans, partial.error_message) == (
        1,
        "1 spans refused: trace id: expected 16 bytes, got 1",
    )
    assert client.stores.traces.usage().spans == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x0a\x05", "not an ExportTraceServiceRequest: field 1 at byte 2 should be 5 bytes long, 0 are left"),
        (b"\x0a\x04\x12\x02\x12\x00", "all 1 spans refused: trace id: expected 16 bytes, got 0"),
    ],
)
async def test_what_can_never_be_taken_is_an_invalid_argument(connect: Connect, body: bytes, message: str) -> None:
    client = await connect()
    error = await client.refusal(body)
    assert (error.code(), error.details()) == (grpc.StatusCode.INVALID_ARGUMENT, message)


async def test_too_much_at_once_is_to_be_sent_again_later(connect: Connect) -> None:
    client = await connect(BodyLimits(at_once=10))
    error = await client.refusal(bytes(11))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    metadata = dict(error.trailing_metadata())
    status, retry = Status.FromString(metadata["grpc-status-details-bin"]), RetryInfo()
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.seconds == 1


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_a_message_that_is_or_unpacks_too_large_is_refused(
    connect: Connect, compression: grpc.Compression
) -> None:
    client = await connect(BodyLimits(unpacked=1 << 20))
    with pytest.raises(aio.AioRpcError) as raised:
        await client.export(bytes(64 << 20), compression=compression)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert await client.export(b"") == b"", "it goes on"


async def test_a_call_that_says_it_comes_from_a_page_is_refused(connect: Connect) -> None:
    client = await connect()
    error = await client.refusal(b"", metadata=(("origin", "http://evil.example"),))
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_browser_gets_nothing(connect: Connect) -> None:
    client = await connect()
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as browser:
        browser.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n")
        assert b"HTTP/1.1 200" not in browser.recv(1_000)


async def test_other_methods_do_not_exist(connect: Connect) -> None:
    client = await connect()
    unknown: aio.UnaryUnaryMultiCallable[bytes, bytes] = client.channel.unary_unary(f"/{TRACES.service}/Import")
    with pytest.raises(aio.AioRpcError) as raised:
        await unknown(b"", timeout=20)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_address_that_is_taken_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        server = build(Settings()).grpc.server()
        with pytest.raises(ConfigError, match=f"^OTLP_GRPC_LISTEN='{address}': the address cannot be bound"):
            bind(server, address, "OTLP_GRPC_LISTEN")


@given(st.sampled_from(SIGNALS), st.lists(st.binary(max_size=300), max_size=20))
@settings(max_examples=30)
async def test_junk_never_breaks_it(signal: Signal, bodies: list[bytes]) -> None:
    async with serving(BodyLimits()) as client:
        for body in bodies:
            try:
                await client.export(body, signal)
            except aio.AioRpcError as error:
                assert error.code() is grpc.StatusCode.INVALID_ARGUMENT  # noqa: PT017  most junk is, some is not
        assert await client.export(b"") == b""
