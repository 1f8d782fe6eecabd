"""OTLP's clients that are not ours: OpenTelemetry's own exporters, a collector, and Jaeger with its own traces.

A collector takes part when ``OTELCOL`` names one, and Jaeger when ``JAEGER`` does, each the path of a program:

    OTELCOL=/path/to/otelcol JAEGER=/path/to/jaeger pytest console/tests/test_clients.py
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

_ROUTES = ["http", "grpc", *(["collector, http", "collector, grpc"] if os.environ.get("OTELCOL") else [])]
_JAEGER = jaeger if Path(jaeger := os.environ.get("JAEGER", "")).is_file() else ""
_WITHIN = 30.0


@dataclass(frozen=True)
class Receiver:
    """Where OTLP is taken."""

    http: str
    grpc: str

    def exporters(self, protocol: str) -> tuple[SpanExporter, LogRecordExporter, MetricExporter]:
        """Make OpenTelemetry's exporters."""
        if protocol == "grpc":
            address = {"endpoint": self.grpc, "insecure": True}
            return GrpcSpans(**address), GrpcLogs(**address), GrpcMetrics(**address)  # type: ignore[arg-type]  # one dict
        paths = (f"http://{self.http}/v1/{signal}" for signal in ("traces", "logs", "metrics"))
        return HttpSpans(next(paths)), HttpLogs(next(paths)), HttpMetrics(next(paths))


@pytest.fixture(scope="module")
def receiver(running: Callable[..., AbstractContextManager[Any]]) -> Iterator[Receiver]:
    """Give a console with OTLP/gRPC."""
    with running(OTLP_GRPC_LISTEN="127.0.0.1:0") as started:
        address = next(line.split()[-1] for line in started.process.stderr if "OTLP/gRPC is taken on" in line)
        yield Receiver(started.url.removeprefix("http://"), address)


@pytest.mark.parametrize("route", _ROUTES)
def test_all_signals_of_opentelemetrys_sdk_arrive(receiver: Receiver, tmp_path: Path, route: str) -> None:
    collector, _, protocol = route.rpartition(", ")
    with ExitStack() as stack:
        target = stack.enter_context(collecting(receiver, protocol, tmp_path)) if collector else receiver
        trace_id = send(route, *target.exporters(protocol))
        found = {
            name: wait_for(f"http://{receiver.http}{path}{trace_id}", things)
            for name, path, things in (
                ("spans", "/api/v3/traces/", "resourceSpans"),
                ("logs", "/api/logs?traceId=", "resourceLogs"),
                ("metrics", "/api/metrics?traceId=", "resourceMetrics"),
            )
        }
    for groups in found.values():
        [group] = groups
        assert {"key": "service.name", "value": {"stringValue": route}} in group["resource"]["attributes"]
    [span] = found["spans"][0]["scopeSpans"][0]["spans"]
    [record] = found["logs"][0]["scopeLogs"][0]["logRecords"]
    [metric] = found["metrics"][0]["scopeMetrics"][0]["metrics"]
    assert (span["name"], record["spanId"]) == ("sent", span["spanId"])
    assert record["body"] == {"stringValue": "hello"}
    assert metric["histogram"]["dataPoints"][0]["exemplars"][0]["spanId"] == span["spanId"]


def jaegers_own_traces_arrive(receiver: Receiver, tmp_path: Path) -> None:
    query, query_grpc, otlp = free_addresses(3)
    config = {
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
            "telemetry": {"metrics": {"level": "none"}},
        },
        "extensions": {
            "jaeger_query": {
                "enable_tracing": True,
                "storage": {"traces": "memory"},
                "http": {"endpoint": query},
                "grpc": {"endpoint": query_grpc},
            },
            "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 10}}}},
        },
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": otlp}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
    }
    tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{receiver.grpc}", "OTEL_TRACES_SAMPLER": "always_on"}
    with program(_JAEGER, config, tmp_path, **tracing):
        httpx.get(f"http://{query}/api/services").raise_for_status()
        ends_at = time.monotonic() + _WITHIN
        while "jaeger" not in services(receiver):
            assert time.monotonic() < ends_at, "Jaeger has sent nothing"
            time.sleep(0.1)
    operations = httpx.get(f"http://{receiver.http}/api/operations?service=jaeger&spanKind=server").json()["data"]
    assert {"name": "/api/services", "spanKind": "server"} in operations


if _JAEGER:  # without one there is no such test: one that is skipped is a failure with CI set
    test_jaegers_own_traces_arrive = jaegers_own_traces_arrive


def send(service: str, spans: SpanExporter, logs: LogRecordExporter, metrics: MetricExporter) -> str:
    """Send a span, a log record and a measurement in it; give the trace's id."""
    resource = Resource({"service.name": service})
    traces, log = TracerProvider(resource=resource), LoggerProvider(resource)
    traces.add_span_processor(SimpleSpanProcessor(spans))
    log.add_log_record_processor(SimpleLogRecordProcessor(logs))
    meters = MeterProvider([PeriodicExportingMetricReader(metrics, export_interval_millis=3_600_000)], resource)
    with traces.get_tracer("test").start_as_current_span("sent") as span:
        record = LogRecord(timestamp=time.time_ns(), severity_number=SeverityNumber.INFO, body="hello")
        log.get_logger("test").emit(record)
        meters.get_meter("test").create_histogram("duration", unit="s").record(0.25)
    for provider in (traces, log, meters):
        provider.shutdown()
    return f"{span.get_span_context().trace_id:032x}"


@contextmanager
def collecting(receiver: Receiver, protocol: str, folder: Path) -> Iterator[Receiver]:
    """Run a collector that hands everything on by the same protocol."""
    http, grpc = free_addresses(2)
    exporter = (
        {"otlp_grpc": {"endpoint": receiver.grpc, "tls": {"insecure": True}}}
        if protocol == "grpc"
        else {"otlp_http": {"endpoint": f"http://{receiver.http}"}}
    )
    pipeline = {"receivers": ["otlp"], "exporters": list(exporter)}
    config = {
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": http}, "grpc": {"endpoint": grpc}}}},
        "exporters": exporter,
        "service": {
            "pipelines": dict.fromkeys(("traces", "logs", "metrics"), pipeline),
            "telemetry": {"metrics": {"level": "none"}},
        },
    }
    with program(os.environ["OTELCOL"], config, folder):
        yield Receiver(http, grpc)


@contextmanager
def program(path: str, config: dict[str, Any], folder: Path, **environment: str) -> Iterator[None]:
    """Run a collector, or Jaeger, which is one, while the block runs; from when it is ready."""
    file = folder / "config.yaml"
    file.write_text(json.dumps(config))  # JSON is YAML
    command, environ = [path, "--config", f"file:{file}"], os.environ | environment
    log = folder / "log"
    with log.open("w") as output, subprocess.Popen(command, env=environ, stdout=output, stderr=output) as process:  # noqa: S603
        try:
            ends_at = time.monotonic() + _WITHIN
            while "Everything is ready" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < ends_at, log.read_text()
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def wait_for(url: str, things: str) -> list[Any]:
    ends_at = time.monotonic() + _WITHIN
    while time.monotonic() < ends_at:
        document = httpx.get(url).json()
        groups: list[Any] = document.get("result", document).get(things, [])
        if groups:
            return groups
        time.sleep(0.05)
    raise AssertionError(f"{url}: nothing has come")


def services(receiver: Receiver) -> list[str]:
    return httpx.get(f"http://{receiver.http}/api/services").json()["data"] or []


def free_addresses(count: int) -> list[str]:
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]
