from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from grpc import StatusCode
from opentelemetry.context import Context
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from telemetry import MetricsConfig, SamplerConfig, Telemetry, TelemetryConfig, configure
from telemetry.config.sections import ExporterConfig
from telemetry.grpc.methods import Method
from telemetry.grpc.metrics import server_call_metrics
from telemetry.metrics.instruments import BUCKETS, OTHER

Measured = tuple[Telemetry, Callable[[str], list[Any]]]

DURATION = "http.server.request.duration"
ACTIVE = "http.server.active_requests"
GET = {"http.request.method": "GET", "url.scheme": "http", "network.protocol.version": "1.1"}


def make_app() -> FastAPI:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})

    @app.get("/items/{item_id}")
    async def item(item_id: str) -> str:
        return item_id

    @app.get("/missing")
    async def missing() -> None:
        raise HTTPException(404)

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError("broken")

    @app.get("/overloaded")
    async def overloaded() -> None:
        raise HTTPException(503)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            for _chunk in range(3):
                await asyncio.sleep(0.02)
                yield b"chunk"

        return StreamingResponse(chunks())

    return app


def client_of(telemetry: Telemetry, app: Any = None) -> httpx.AsyncClient:
    application: Any = telemetry.asgi(app or make_app())
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_request_is_measured_by_its_route_in_seconds(measured: Measured) -> None:
    telemetry, points = measured
    async with client_of(telemetry) as client:
        for number in range(3):
            await client.get(f"/items/{number}")

    (point,) = points(DURATION)
    assert dict(point.attributes) == {**GET, "http.route": "/items/{item_id}", "http.response.status_code": 200}
    assert point.count == 3
    assert 0 < point.sum < 10
    assert tuple(point.explicit_bounds) == BUCKETS


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/missing", 404, {}),
        ("/broken", 500, {"error.type": "ValueError", "error.class": "internal"}),
        ("/overloaded", 503, {"error.type": "503", "error.class": "unavailable"}),
    ],
)
async def test_what_went_wrong_is_in_the_labels(
    measured: Measured, path: str, status: int, error: dict[str, str]
) -> None:
    telemetry, points = measured
    async with client_of(telemetry) as client:
        await client.get(path)

    expected = GET | {"http.route": path, "http.response.status_code": status} | error
    assert [dict(point.attributes) for point in points(DURATION)] == [expected]


async def test_a_stream_is_measured_to_its_last_chunk(measured: Measured) -> None:
    telemetry, points = measured
    async with client_of(telemetry) as client:
        await client.get("/stream")

    assert points(DURATION)[0].sum >= 0.06


async def test_open_requests_are_counted_and_gone_at_the_end(measured: Measured) -> None:
    telemetry, points = measured
    seen: list[int] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        seen.extend(point.value for point in points(ACTIVE))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with client_of(telemetry, app) as client:
        await client.get("/")
        await client.get("/")

    assert seen == [1, 1]
    (point,) = points(ACTIVE)
    assert (point.value, dict(point.attributes)) == (0, {"http.request.method": "GET", "url.scheme": "http"})


async def test_a_cancelled_request_is_measured_and_not_open_any_more(measured: Measured) -> None:
    telemetry, points = measured
    started = asyncio.Event()

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    async with client_of(telemetry, app) as client:
        request = asyncio.create_task(client.get("/"))
        await started.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

    (point,) = points(DURATION)
    assert (point.attributes["error.type"], point.attributes["error.class"]) == ("cancelled", "cancelled")
    assert points(ACTIVE)[0].value == 0


async def test_thousands_of_made_up_paths_and_methods_are_two_labels(measured: Measured) -> None:
    telemetry, points = measured
    async with client_of(telemetry) as client:
        for number in range(3000):
            await client.get(f"/made-up/{number}")
            await client.request(f"MADEUP{number}", "/")

    labels = [dict(point.attributes) for point in points(DURATION)]
    assert len(labels) == 2
    assert {each["http.request.method"] for each in labels} == {"GET", OTHER}
    assert not any("http.route" in each for each in labels)
    assert [point.value for point in points(ACTIVE)] == [0, 0]
    assert telemetry.measuring.http is not None
    assert not telemetry.measuring.http._open


async def test_an_exemplar_names_the_request_s_own_span(measured: Measured) -> None:
    telemetry, points = measured
    async with client_of(telemetry) as client:
        trace_id = (await client.get("/items/1")).headers["x-trace-id"]

    ((exemplar,),) = [point.exemplars for point in points(DURATION)]
    assert f"{exemplar.trace_id:032x}" == trace_id


async def test_a_request_that_is_not_sampled_is_measured_and_is_no_exemplar() -> None:
    reader = InMemoryMetricReader()
    config = TelemetryConfig(
        service_name="test", exporter=ExporterConfig(kind="none"), sampler=SamplerConfig(kind="always_off")
    )
    with configure(config, metric_readers=[reader]) as telemetry:
        async with client_of(telemetry) as client:
            await client.get("/items/1")
        data: Any = reader.get_metrics_data()

    metrics = {each.name: each for each in data.resource_metrics[0].scope_metrics[0].metrics}
    (point,) = metrics[DURATION].data.data_points
    assert (point.count, list(point.exemplars)) == (1, [])


def test_made_up_methods_of_calls_are_one_label_when_there_are_too_many(measured: Measured) -> None:
    telemetry, points = measured
    calls = server_call_metrics(telemetry.meter("tests"))
    for number in range(5000):
        method = Method(f"shop.Made/Up{number}", {"rpc.system.name": "grpc"}, traced=True)
        calls.record(method, StatusCode.OK, 0.001, Context())

    labels = {point.attributes["rpc.method"]: point.count for point in points("rpc.server.call.duration")}
    assert len(labels) == 1001
    assert labels[OTHER] == 4000


def test_the_number_of_label_sets_of_any_metric_is_limited() -> None:
    reader = InMemoryMetricReader()
    config = TelemetryConfig(
        service_name="test", exporter=ExporterConfig(kind="none"), metrics=MetricsConfig(cardinality=10)
    )
    with configure(config, metric_readers=[reader]) as telemetry:
        counter = telemetry.meter("tests").create_counter("counter")
        for number in range(1000):
            counter.add(1, {"number": number})
        data: Any = reader.get_metrics_data()

    metrics = {each.name: each for scope in data.resource_metrics[0].scope_metrics for each in scope.metrics}
    points = metrics["counter"].data.data_points
    assert len(points) == 11
    assert sum(point.value for point in points) == 1000
    assert sum(point.value for point in points if point.attributes.get("otel.metric.overflow")) == 990


async def test_where_metrics_are_off_nothing_is_made_and_requests_are_served(telemetry: Telemetry) -> None:
    assert (telemetry.measuring.http, telemetry.measuring.meter) == (None, None)
    assert (telemetry.measuring.call_observers(), telemetry.measuring.client_calls()) == ([], None)
    telemetry.meter("tests").create_counter("anything").add(1)
    async with client_of(telemetry) as client:
        assert (await client.get("/items/1")).status_code == 200


async def test_measuring_does_not_grow(measured: Measured, until: Any) -> None:
    telemetry, points = measured
    async with client_of(telemetry) as client:

        async def ask(times: int) -> None:
            for number in range(times):
                await client.get(f"/items/{number}")
            points(DURATION)

        await ask(100)
        tracemalloc.start()
        try:
            await ask(1000)
            await until(lambda: memory() < 200_000)  # the last of them are watched for a moment more
        finally:
            tracemalloc.stop()


def memory() -> int:
    """Give the bytes in use that were allocated since tracemalloc started."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
