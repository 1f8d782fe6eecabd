"""The faults of opentelemetry-instrumentation-grpc that docs/adr/0003 lists, shown beside what is right.

Each test first shows the fault. When one fails there, the fault is fixed upstream: remove the row from the ADR, and
ask whether the part of `telemetry.grpc` that stands for it is still needed.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio
from opentelemetry import metrics
from opentelemetry.instrumentation.grpc import aio_client_interceptors, aio_server_interceptor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind
from opentelemetry.trace import StatusCode as SpanStatus

from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure

FIXED = "fixed upstream? see docs/adr/0003"
SECRET = "password=hunter2"
METHODS = ("Answer", "Missing", "Broken", "Hang")


class Handlers:
    """Handlers that tell how they end."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()

    async def answer(self, request: bytes, _context: Any) -> bytes:
        return request

    async def missing(self, _request: bytes, context: Any) -> bytes:
        await context.abort(StatusCode.NOT_FOUND, "no such user")
        return b""

    async def broken(self, _request: bytes, _context: Any) -> bytes:
        raise RuntimeError(SECRET)

    async def hang(self, _request: bytes, _context: Any) -> bytes:
        self.told.put_nowait("started")
        try:
            await asyncio.sleep(0.4)
            self.told.put_nowait("ran on")
        except asyncio.CancelledError:
            self.told.put_nowait("cancelled")
            raise
        return b""

    async def count(self, request: bytes, _context: Any) -> AsyncIterator[bytes]:
        while True:
            yield request
            await asyncio.sleep(0.001)

    async def flood(self, request: bytes, _context: Any) -> AsyncIterator[bytes]:
        while True:
            yield request

    def methods(self) -> dict[str, Any]:
        unary = {name: getattr(self, name.lower()) for name in METHODS}
        handlers: dict[str, Any] = {name: grpc.unary_unary_rpc_method_handler(each) for name, each in unary.items()}
        handlers["Count"] = grpc.unary_stream_rpc_method_handler(self.count)
        handlers["Flood"] = grpc.unary_stream_rpc_method_handler(self.flood)
        return handlers


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
async def stock(stock_provider: TracerProvider, handlers: Handlers, serve_grpc: Any) -> AsyncIterator[aio.Channel]:
    """A channel to the handlers, both sides instrumented by the stock package, which exports to the same lists."""
    server_side = aio_server_interceptor(tracer_provider=stock_provider)  # type: ignore[no-untyped-call]
    client_side = aio_client_interceptors(tracer_provider=stock_provider)  # type: ignore[no-untyped-call]
    async with (
        serve_grpc(aio.server(interceptors=[server_side]), **handlers.methods()) as address,
        aio.insecure_channel(address, interceptors=client_side) as channel,
    ):
        yield channel


@pytest.fixture
async def ours(telemetry: Telemetry, handlers: Handlers, serve_grpc: Any) -> AsyncIterator[aio.Channel]:
    """The same with ours."""
    server = aio.server(interceptors=telemetry.server_interceptors())
    async with serve_grpc(server, **handlers.methods()) as address, telemetry.channel(address) as channel:
        yield channel


async def call(channel: aio.Channel, method: str, timeout: float = 30) -> tuple[StatusCode, str]:  # noqa: ASYNC109
    """Call, and give how that ended."""
    unary: Any = channel.unary_unary(f"/test.Service/{method}")
    try:
        await unary(b"", timeout=timeout)
    except aio.AioRpcError as error:
        return error.code(), error.details() or ""
    return StatusCode.OK, ""


async def cancel(channel: aio.Channel, handlers: Handlers) -> str:
    """Cancel a task that awaits a call; give how its handler ended."""
    task = asyncio.create_task(call(channel, "Hang"))
    assert await handlers.told.get() == "started"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return await handlers.told.get()


def side(spans: list[Any], kind: SpanKind) -> Any:
    """Give the span of one side, and forget all."""
    (found,) = [span for span in spans if span.kind is kind]
    spans.clear()
    return found


def names(span: Any) -> list[str]:
    return [event.name for event in span.events]


async def test_a_cancelled_call_runs_on_in_the_server(
    handlers: Handlers, stock: aio.Channel, ours: aio.Channel
) -> None:
    assert await cancel(stock, handlers) == "ran on", FIXED

    assert await cancel(ours, handlers) == "cancelled"


async def test_an_uncaught_exception_is_no_error_recorded_twice_and_told_to_the_caller(
    spans: list[Any], until: Any, stock: aio.Channel, ours: aio.Channel
) -> None:
    _code, told = await call(stock, "Broken")
    await until(lambda: len(spans) == 2)
    span = side(spans, SpanKind.SERVER)
    assert SECRET in told, FIXED
    assert span.status.status_code is SpanStatus.UNSET, FIXED
    assert span.attributes["rpc.grpc.status_code"] == 0, FIXED
    assert names(span) == ["exception", "exception"], FIXED

    code, told = await call(ours, "Broken")
    await until(lambda: len(spans) == 2)
    span = side(spans, SpanKind.SERVER)
    assert code is StatusCode.INTERNAL
    assert SECRET not in told
    assert span.status.status_code is SpanStatus.ERROR
    assert names(span) == ["exception"]
    assert SECRET not in str(span.events[0].attributes)


async def test_an_abort_is_recorded_as_an_exception_twice(
    spans: list[Any], until: Any, stock: aio.Channel, ours: aio.Channel
) -> None:
    assert (await call(stock, "Missing"))[0] is StatusCode.NOT_FOUND
    await until(lambda: len(spans) == 2)
    assert names(side(spans, SpanKind.SERVER)) == ["exception", "exception"], FIXED

    assert (await call(ours, "Missing"))[0] is StatusCode.NOT_FOUND
    await until(lambda: len(spans) == 2)
    span = side(spans, SpanKind.SERVER)
    assert not span.events
    assert span.status.status_code is SpanStatus.UNSET
    assert span.attributes["rpc.response.status_code"] == "NOT_FOUND"


async def test_a_deadline_that_has_passed_is_no_error(
    spans: list[Any], until: Any, stock: aio.Channel, ours: aio.Channel
) -> None:
    assert (await call(stock, "Hang", timeout=0.2))[0] is StatusCode.DEADLINE_EXCEEDED
    await until(lambda: len(spans) == 2)
    span = side(spans, SpanKind.SERVER)
    assert span.status.status_code is SpanStatus.UNSET, FIXED
    assert span.attributes["rpc.grpc.status_code"] == 0, FIXED

    assert (await call(ours, "Hang", timeout=0.2))[0] is StatusCode.DEADLINE_EXCEEDED
    await until(lambda: len(spans) == 2)
    span = side(spans, SpanKind.SERVER)
    assert span.status.status_code is SpanStatus.ERROR
    assert span.attributes["rpc.response.status_code"] == "DEADLINE_EXCEEDED"


async def test_a_stream_that_is_left_early_has_no_client_span_before_it_is_forgotten(
    spans: list[Any], until: Any, stock: aio.Channel, ours: aio.Channel
) -> None:
    async def leave(channel: aio.Channel) -> Any:
        stream: Any = channel.unary_stream("/test.Service/Count")
        made = stream(b"x")
        async for _response in made:
            break
        made.cancel()
        return made

    held = await leave(stock)
    await until(lambda: [span for span in spans if span.kind is SpanKind.SERVER])
    assert held.done()
    assert not [span for span in spans if span.kind is SpanKind.CLIENT], FIXED

    held = await leave(ours)
    await until(lambda: len([span for span in spans if span.name == "test.Service/Count"]) == 2)
    client = next(span for span in spans if span.name == "test.Service/Count" and span.kind is SpanKind.CLIENT)
    assert client.attributes["rpc.response.status_code"] == "CANCELLED"


async def test_the_names_are_old(spans: list[Any], until: Any, stock: aio.Channel, ours: aio.Channel) -> None:
    await call(stock, "Answer")
    await until(lambda: len(spans) == 2)
    for span in spans:
        assert {"rpc.system", "rpc.service", "rpc.grpc.status_code"} <= set(span.attributes), FIXED
        assert "rpc.response.status_code" not in span.attributes, FIXED
    spans.clear()

    await call(ours, "Answer")
    await until(lambda: len(spans) == 2)
    for span in spans:
        assert span.attributes["rpc.system.name"] == "grpc"
        assert span.attributes["rpc.method"] == "test.Service/Answer"
        assert span.attributes["rpc.response.status_code"] == "OK"
        assert "rpc.system" not in span.attributes


async def test_a_span_is_current_across_a_yield(
    caplog: pytest.LogCaptureFixture, stock: aio.Channel, ours: aio.Channel, spans: list[Any], until: Any
) -> None:
    """Then it is left in another context than it was entered in, and OpenTelemetry's API logs an error."""

    def complaints() -> int:
        gc.collect()
        return caplog.text.count("Failed to detach context")

    async def leave(channel: aio.Channel) -> int:
        stream: Any = channel.unary_stream("/test.Service/Flood")
        made = stream(bytes(1_000_000))  # more than is sent before it is read: the handler waits at its yield
        await made.read()
        made.cancel()
        await until(lambda: [span for span in spans if span.kind is SpanKind.SERVER])
        spans.clear()
        return complaints()

    assert await leave(stock), FIXED
    caplog.clear()

    assert not await leave(ours)


async def test_there_are_no_metrics(monkeypatch: pytest.MonkeyPatch, handlers: Handlers, serve_grpc: Any) -> None:
    reader = InMemoryMetricReader()
    stock_provider = MeterProvider([reader])
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", stock_provider)  # what get_meter_provider gives
    server_side = aio_server_interceptor()  # type: ignore[no-untyped-call]
    client_side = aio_client_interceptors()  # type: ignore[no-untyped-call]
    async with (
        serve_grpc(aio.server(interceptors=[server_side]), **handlers.methods()) as address,
        aio.insecure_channel(address, interceptors=client_side) as channel,
    ):
        await call(channel, "Answer")
    assert not measured(reader), FIXED
    stock_provider.shutdown()

    reader = InMemoryMetricReader()
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config, metric_readers=[reader]) as telemetry:
        async with (
            serve_grpc(aio.server(interceptors=telemetry.server_interceptors()), **handlers.methods()) as address,
            telemetry.channel(address) as channel,
        ):
            await call(channel, "Answer")
        assert {"rpc.server.call.duration", "rpc.client.call.duration"} <= measured(reader)


def measured(reader: InMemoryMetricReader) -> set[str]:
    """Give the names of what was measured."""
    data = reader.get_metrics_data()
    scopes = [scope for resource in (data.resource_metrics if data else ()) for scope in resource.scope_metrics]
    return {metric.name for scope in scopes for metric in scope.metrics}
