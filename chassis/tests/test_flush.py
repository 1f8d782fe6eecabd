"""The barrier of the test profile: what was recorded has left when it is answered, and it leaves nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from grpc import StatusCode, aio
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis.flush import BARRIER_PATH, Barrier, add_barrier
from telemetry import ConfigError, ExporterConfig, Telemetry, TelemetryConfig, configure
from telemetry.grpc.methods import BARRIER_SERVICE

FLUSH = f"/{BARRIER_SERVICE}/Flush"


class Waiting:
    """Telemetry whose spans wait for a minute unless they are asked for."""

    def __init__(self, service: str) -> None:
        self.spans = InMemorySpanExporter()
        self.telemetry: Telemetry = configure(
            TelemetryConfig(service_name=service, exporter=ExporterConfig(kind="none"), test_profile=True),
            span_processors=[BatchSpanProcessor(self.spans, schedule_delay_millis=60_000)],
            metric_readers=[InMemoryMetricReader()],
        )

    def record(self, name: str) -> None:
        self.telemetry.tracer("test").start_span(name).end()

    @property
    def exported(self) -> list[str]:
        return [span.name for span in self.spans.get_finished_spans()]


@pytest.fixture
async def user(serve_grpc: Any) -> AsyncIterator[tuple[Waiting, str]]:
    """Give a gRPC service with the barrier, and its address."""
    waiting = Waiting("user")
    server = waiting.telemetry.server()
    add_barrier(server, waiting.telemetry)
    async with serve_grpc(server) as address:
        yield waiting, address
    await waiting.telemetry.ashutdown()


@pytest.fixture
async def gateway() -> AsyncIterator[Waiting]:
    waiting = Waiting("gateway")
    yield waiting
    await waiting.telemetry.ashutdown()


async def application(scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def post(app: Any, path: str = BARRIER_PATH, method: str = "POST") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        return await http.request(method, path)


async def test_the_edge_makes_all_services_export_what_they_have(gateway: Waiting, user: tuple[Waiting, str]) -> None:
    waiting, address = user
    gateway.record("at the edge")
    waiting.record("behind it")
    assert gateway.exported == waiting.exported == []

    answer = await post(Barrier(gateway.telemetry.asgi(application), gateway.telemetry, {"user": address}))

    assert (answer.status_code, answer.text) == (204, "")
    assert (gateway.exported, waiting.exported) == (["at the edge"], ["behind it"])


async def test_it_leaves_no_span_and_no_line_itself(
    gateway: Waiting, user: tuple[Waiting, str], caplog: pytest.LogCaptureFixture
) -> None:
    waiting, address = user
    caplog.set_level("INFO", "telemetry")

    for _ in range(3):
        await post(Barrier(gateway.telemetry.asgi(application), gateway.telemetry, {"user": address}))

    assert gateway.exported == waiting.exported == []
    assert not [record for record in caplog.records if record.name == "telemetry.access"]


async def test_a_service_that_is_down_is_named(gateway: Waiting, unused_address: str) -> None:
    answer = await post(Barrier(application, gateway.telemetry, {"user": unused_address}))

    assert answer.status_code == 503
    assert answer.text.startswith("user: UNAVAILABLE ")


async def test_one_that_cannot_export_in_time_is_named(
    gateway: Waiting, user: tuple[Waiting, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, address = user
    for each in (gateway, waiting):
        monkeypatch.setattr(each.telemetry, "force_flush", lambda _budget: False)

    answer = await post(Barrier(application, gateway.telemetry, {"user": address}))

    assert answer.text.splitlines() == [
        "gateway: not exported within 2 s",
        "user: UNAVAILABLE user: not exported within 2 s",
    ]


@pytest.mark.parametrize(("method", "path"), [("GET", BARRIER_PATH), ("POST", "/v1/orders"), ("POST", "/-/flush/")])
async def test_all_else_is_handed_on(gateway: Waiting, method: str, path: str) -> None:
    answer = await post(Barrier(application, gateway.telemetry, {}), path, method)

    assert (answer.status_code, answer.text) == (200, path)


async def test_without_the_profile_there_is_none(serve_grpc: Any) -> None:
    async with serve_grpc(aio.server()) as address, aio.insecure_channel(address) as channel:
        flush: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(FLUSH)
        with pytest.raises(aio.AioRpcError) as caught:
            await flush(b"", timeout=5)

    assert caught.value.code() is StatusCode.UNIMPLEMENTED
    assert not TelemetryConfig(service_name="user").test_profile


def test_production_has_no_test_profile() -> None:
    with pytest.raises(ConfigError, match="test_profile=True: expected False where the environment is 'production'"):
        TelemetryConfig(service_name="user", environment="production", test_profile=True)


@pytest.fixture
async def unused_address() -> str:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return f"127.0.0.1:{port}"
