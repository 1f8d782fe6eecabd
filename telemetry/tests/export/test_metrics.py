from __future__ import annotations

import asyncio
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from telemetry import ConfigError, ExporterConfig, MetricsConfig, Telemetry, TelemetryConfig, configure

SLACK = 1.5  # seconds, for a machine that has other things to do
PROTOCOLS = ["grpc", "http/protobuf"]


def measuring_for(endpoint: str, protocol: Any = "http/protobuf", interval: float = 60.0, **options: Any) -> Telemetry:
    metrics = MetricsConfig(exporter=ExporterConfig(endpoint=endpoint, protocol=protocol, **options), interval=interval)
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), metrics=metrics)
    return configure(config)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_metrics_reach_a_collector_with_their_exemplars(
    http_collector: Any, grpc_collector: Any, protocol: Any
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    telemetry = measuring_for(collector.endpoint, protocol, headers={"X-Key": "value"})
    with telemetry, telemetry.tracer("tests").start_as_current_span("work") as span:
        telemetry.business.counter("orders_created", unit="{order}").add(2)

    (point,) = collector.metrics["orders_created"]
    assert point.as_int == 2
    assert point.exemplars[0].trace_id == span.get_span_context().trace_id.to_bytes(16, "big")
    assert point.exemplars[0].span_id == span.get_span_context().span_id.to_bytes(8, "big")
    path, headers, _body = collector.requests[0]
    assert (path, headers["x-key"]) == ("/v1/metrics", "value")


def test_metrics_are_exported_every_interval(http_collector: Any, wait_until: Callable[..., None]) -> None:
    with measuring_for(http_collector.endpoint, interval=0.05) as telemetry:
        telemetry.business.counter("orders_created").add()
        wait_until(lambda: len(http_collector.requests) >= 3)

    assert {point.as_int for point in http_collector.metrics["orders_created"]} == {1}


def test_a_flush_exports_at_once(http_collector: Any) -> None:
    with measuring_for(http_collector.endpoint) as telemetry:
        telemetry.business.counter("orders_created").add()
        assert telemetry.force_flush()
        assert http_collector.metrics["orders_created"][0].as_int == 1


def test_what_becomes_of_spans_is_a_metric(http_collector: Any, unused_address: str) -> None:
    well, dead = ExporterConfig(endpoint=http_collector.endpoint), ExporterConfig(endpoint=f"http://{unused_address}")
    metrics = MetricsConfig(exporter=well, interval=60)
    telemetry = configure(TelemetryConfig(service_name="test", exporter=(well, dead), metrics=metrics))
    for _span in range(5):
        telemetry.tracer("tests").start_span("work").end()
    telemetry.force_flush(0.5)
    telemetry.shutdown(0.5)

    def last(name: str) -> dict[tuple[str, ...], int]:
        return {
            tuple(sorted(each.value.string_value for each in point.attributes)): point.as_int
            for point in http_collector.metrics[name]
        }

    assert last("otel.sdk.exporter.span.exported")["exporter/0",] == 5
    assert last("otel.sdk.processor.span.processed")["exporter/0", "queue_full"] == 0
    assert last("otel.sdk.processor.span.queue.size")["exporter/0",] == 0
    assert last("otel.sdk.exporter.span.exported")["exporter/1",] == 0


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["dead", "black hole"])
def test_a_shutdown_keeps_its_budget(
    unused_address: str, black_hole: str, protocol: Any, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = measuring_for(f"http://{unused_address if kind == 'dead' else black_hole}", protocol)
    telemetry.business.counter("orders_created").add()
    started = monotonic()
    telemetry.shutdown(budget=0.3)

    assert monotonic() - started < 0.3 + SLACK
    lines = [record.getMessage() for record in caplog.records if record.name == "telemetry.export.metrics"]
    assert lines == ["the last metrics were not exported: gave up after 0.3 s"]


def test_a_collector_that_refuses_is_counted_and_measuring_goes_on(http_collector: Any) -> None:
    http_collector.status = 400
    with measuring_for(http_collector.endpoint) as telemetry:
        telemetry.business.counter("orders_created").add()
        telemetry.force_flush()
        http_collector.status = 200
        telemetry.business.counter("orders_created").add()
        (pipeline,) = telemetry.measuring.pipelines
        assert pipeline.failed == 1

    assert http_collector.metrics["orders_created"][-1].as_int == 2


def test_on_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = MetricsConfig(exporter=ExporterConfig(kind="console"), interval=60)
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), metrics=metrics)
    with configure(config) as telemetry:
        telemetry.business.counter("orders_created").add()

    assert '"orders_created"' in capsys.readouterr().out


def test_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = MetricsConfig(exporter=ExporterConfig(kind="file", endpoint=str(path)), interval=60)
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), metrics=metrics)
    with configure(config) as telemetry, telemetry.tracer("tests").start_as_current_span("work") as span:
        telemetry.business.counter("orders_created").add()

    (line,) = path.read_text(encoding="utf-8").splitlines()
    found = {
        metric["name"]: metric
        for scope in json.loads(line)["resourceMetrics"][0]["scopeMetrics"]
        for metric in scope["metrics"]
    }
    (point,) = found["orders_created"]["sum"]["dataPoints"]
    assert point["asInt"] == "1"
    assert point["exemplars"][0]["traceId"] == f"{span.get_span_context().trace_id:032x}"


def test_metrics_against_a_dead_collector_take_bounded_memory(unused_address: str) -> None:
    telemetry = measuring_for(f"http://{unused_address}")
    counter = telemetry.meter("tests").create_counter("made")

    def count(times: int) -> None:
        for number in range(times):
            counter.add(1, {"made.up": f"by a client {number}"})

    count(3000)  # more than the limit of attribute sets
    tracemalloc.start()
    try:
        count(20_000)
        grown, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        telemetry.shutdown()

    assert grown < 100_000


def test_where_nobody_listens_the_shutdown_waits_a_moment(
    unused_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = measuring_for(f"http://{unused_address}")
    telemetry.business.counter("orders_created").add()
    started = monotonic()
    telemetry.shutdown(budget=30)

    assert monotonic() - started < 5 + SLACK
    lines = [record.getMessage() for record in caplog.records if record.name == "telemetry.export.metrics"]
    assert lines == [f"the last metrics were not exported: no collector at http://{unused_address}/v1/metrics"]


def test_a_certificate_that_cannot_be_read_is_told_at_the_start() -> None:
    with pytest.raises(ConfigError, match=r"exporter certificate='/nowhere\.pem': the file cannot be read"):
        measuring_for("https://localhost:1", certificate="/nowhere.pem")


async def answer(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def hang(_scope: Any, _receive: Any, _send: Any) -> None:
    await asyncio.Event().wait()


def test_a_forked_child_exports_as_another_instance_and_counts_from_nothing(http_collector: Any) -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with measuring_for(http_collector.endpoint) as telemetry, asyncio.Runner() as runner:

        async def request(app: Any) -> None:
            await telemetry.asgi(app)(scope.copy(), unheard, ignored)

        async def begin() -> asyncio.Task[None]:
            task = asyncio.create_task(request(hang))
            await asyncio.sleep(0)
            return task

        telemetry.business.counter("orders_created").add(3)
        runner.run(request(answer))
        open_request = runner.run(begin())
        telemetry.force_flush()
        told = len(http_collector.requests)
        child = os.fork()
        if child == 0:
            telemetry.business.counter("orders_created").add()
            with asyncio.Runner() as own:
                own.run(request(answer))
            os._exit(0 if telemetry.force_flush(5) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert len(http_collector.requests) == told + 1
        open_request.cancel()
        runner.run(asyncio.sleep(0))

        last = {name: points[-1] for name, points in http_collector.metrics.items()}
        assert last["orders_created"].as_int == 1
        assert last["http.server.request.duration"].count == 1
        assert last["http.server.active_requests"].as_int == 0
        assert http_collector.instances == 2


async def unheard() -> dict[str, Any]:
    return {"type": "http.request"}


async def ignored(_message: Any) -> None:
    return
