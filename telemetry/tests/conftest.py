"""A telemetry that keeps its spans in lists, collectors to export to, and a wait for conditions."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from time import monotonic, sleep
from typing import Any

import grpc
import psutil
import pytest
from grpc import aio
from opentelemetry.context import Context
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import (
    LogsServiceServicer,
    add_LogsServiceServicer_to_server,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure

Until = Callable[[Callable[[], object]], Awaitable[None]]
Ended = Callable[[int], Awaitable[list[Any]]]
Measured = Callable[..., list[Any]]
RunPython = Callable[..., "subprocess.CompletedProcess[str]"]
ServeGrpc = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
def started() -> list[Any]:
    """Give all spans that were started."""
    return []


@pytest.fixture
def spans() -> list[Any]:
    """Give all spans that have ended."""
    return []


@pytest.fixture
def telemetry(started: list[Any], spans: list[Any]) -> Iterator[Telemetry]:
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config, span_processors=[_Recorder(started, spans)]) as telemetry:
        yield telemetry


@pytest.fixture
def stock_provider(started: list[Any], spans: list[Any]) -> TracerProvider:
    """Give the SDK's own provider, whose spans go to the same lists as those of `telemetry`."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(_Recorder(started, spans))
    return provider


@pytest.fixture
def measured() -> Iterator[tuple[Telemetry, Measured]]:
    """Give a telemetry that measures, and a function that gives the data points of metrics; it resets exemplars."""
    reader = InMemoryMetricReader()
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))

    def points(*names: str) -> list[Any]:
        data = reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name in names
            for point in metric.data.data_points
        ]

    with configure(config, metric_readers=[reader]) as telemetry:
        yield telemetry, points


@pytest.fixture
def until() -> Until:
    """Give a function that waits until a condition holds, and fails the test after ten seconds."""

    async def wait(condition: Callable[[], object]) -> None:
        ends_at = monotonic() + 10
        while not condition():
            if monotonic() > ends_at:
                pytest.fail("the condition did not come true")
            await asyncio.sleep(0.002)

    return wait


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Give what `until` gives, for tests without an event loop."""

    def wait(condition: Callable[[], object]) -> None:
        ends_at = monotonic() + 10
        while not condition():
            if monotonic() > ends_at:
                pytest.fail("the condition did not come true")
            sleep(0.002)

    return wait


@pytest.fixture
def ended(started: list[Any], spans: list[Any], until: Until) -> Ended:
    """Give a function that waits until so many spans have been started, and all have ended, and gives them."""

    async def wait(count: int) -> list[Any]:
        await until(lambda: len(spans) >= count and len(spans) == len(started))
        assert len(spans) == count
        return spans

    return wait


@pytest.fixture
async def quiet_end(until: Until) -> AsyncIterator[None]:
    """Wait at the end for aiosqlite's threads: one that could not connect still speaks to the loop a moment later."""
    yield
    await until(lambda: not [each for each in enumerate_threads() if "_connection_worker_thread" in each.name])


@pytest.fixture
def unused_address() -> str:
    """Give an address of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def black_hole() -> Iterator[str]:
    """Give an address that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


class Deaf:
    """A port of this machine where connections are neither taken nor refused, as with a host that has gone.

    Attributes:
        address: HOST:PORT.
    """

    def __init__(self, opened: ExitStack) -> None:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [opened.enter_context(socket.socket()) for _ in range(3)]  # now its queue is full
        for each in waiting:
            each.setblocking(False)  # noqa: FBT003  it is called so
            each.connect_ex(listener.getsockname())
        self._port = listener.getsockname()[1]
        self._others = {each.getsockname()[1] for each in waiting}
        self._seen: set[int] = set()
        self.address = f"127.0.0.1:{self._port}"

    def attempts(self) -> int:
        """Tell how many attempts of this process to connect have been seen so far, by looking again."""
        sockets = [each for each in psutil.Process().net_connections("tcp") if each.status == psutil.CONN_SYN_SENT]
        self._seen.update(each.laddr.port for each in sockets if each.raddr.port == self._port)
        return len(self._seen - self._others)


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    """Give a port where connections are neither taken nor refused; Linux alone has it."""
    if sys.platform != "linux":
        pytest.skip("elsewhere a full queue refuses")
    with ExitStack() as opened:
        yield Deaf(opened)


@pytest.fixture
def http_collector() -> Iterator[Collector]:
    """Give a collector of OTLP over HTTP, and of Zipkin's JSON."""
    collector = Collector()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.receive(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(collector.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    collector.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield collector
    collector.answer.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def grpc_collector() -> Iterator[Collector]:
    """Give a collector of OTLP over gRPC."""
    collector = Collector()

    class Receiver(TraceServiceServicer):
        def Export(self, request: ExportTraceServiceRequest, context: Any) -> ExportTraceServiceResponse:  # noqa: N802
            headers = {name: str(value) for name, value in context.invocation_metadata()}
            collector.receive("Export", headers, request.SerializeToString())
            return ExportTraceServiceResponse()

    class Metrics(MetricsServiceServicer):
        def Export(self, request: ExportMetricsServiceRequest, context: Any) -> ExportMetricsServiceResponse:  # noqa: N802
            headers = {name: str(value) for name, value in context.invocation_metadata()}
            collector.receive("/v1/metrics", headers, request.SerializeToString())
            return ExportMetricsServiceResponse()

    class Logs(LogsServiceServicer):
        def Export(self, request: ExportLogsServiceRequest, context: Any) -> ExportLogsServiceResponse:  # noqa: N802
            headers = {name: str(value) for name, value in context.invocation_metadata()}
            collector.receive("/v1/logs", headers, request.SerializeToString())
            return ExportLogsServiceResponse()

    server = grpc.server(ThreadPoolExecutor(2))
    servicers: list[tuple[Any, Any]] = [
        (add_TraceServiceServicer_to_server, Receiver()),
        (add_MetricsServiceServicer_to_server, Metrics()),
        (add_LogsServiceServicer_to_server, Logs()),
    ]
    for add, servicer in servicers:
        add(servicer, server)
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield collector
    collector.answer.set()
    server.stop(None).wait()


@pytest.fixture
def serve_grpc() -> ServeGrpc:
    """Give a function that runs a server, with handlers as the service ``test.Service``, and gives its address."""

    @asynccontextmanager
    async def serving(server: aio.Server, address: str = "127.0.0.1:0", **handlers: Any) -> AsyncIterator[str]:
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
        port = server.add_insecure_port(address)
        await server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            await server.stop(None)

    return serving


@dataclass
class Collector:
    """What was sent to a collector.

    Attributes:
        delay: Seconds that it waits before it answers, or until `answer` is set.
        status: What it answers, over HTTP.
        requests: The path (for gRPC the method), headers with lower-case names, and the body of each request.
    """

    endpoint: str = ""
    delay: float = 0.0
    status: int = 200
    answer: Event = field(default_factory=Event)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def receive(self, path: str, headers: dict[str, str], body: bytes) -> None:
        if self.delay:
            self.answer.wait(self.delay)
        unpacked = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        self.requests.append((path, headers, unpacked))

    @property
    def metrics(self) -> dict[str, list[Any]]:
        """Give the data points of each metric that came, as OTLP's messages."""
        points: dict[str, list[Any]] = {}
        for path, _headers, body in self.requests:
            if path == "/v1/metrics":
                for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                    for metric in (each for scope in resource.scope_metrics for each in scope.metrics):
                        data = getattr(metric, str(metric.WhichOneof("data")))
                        points.setdefault(metric.name, []).extend(data.data_points)
        return points

    @property
    def instances(self) -> int:
        """Give how many instances of services have sent metrics."""
        return len(
            {
                attribute.value.string_value
                for path, _headers, body in self.requests
                if path == "/v1/metrics"
                for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
                for attribute in resource.resource.attributes
                if attribute.key == "service.instance.id"
            }
        )

    @property
    def log_records(self) -> list[Any]:
        """Give all log records that came, as OTLP's messages."""
        requests = [ExportLogsServiceRequest.FromString(body) for path, _, body in self.requests if path == "/v1/logs"]
        return [
            record
            for request in requests
            for resource in request.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    @property
    def names(self) -> list[str]:
        """Give the names of all spans that came."""
        return [span.name for span in self.spans]

    @property
    def spans(self) -> list[Any]:
        """Give all spans that came, as OTLP's messages."""
        others = ("/v1/metrics", "/v1/logs")
        requests = [ExportTraceServiceRequest.FromString(body) for path, _, body in self.requests if path not in others]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def run_python() -> RunPython:
    """Give a function that runs a program text in a fresh interpreter, without any OTEL_ variable but those given."""

    def run(program: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        return subprocess.run(  # noqa: S603  the tests' own programs
            [sys.executable, "-W", "error", "-c", program, *arguments],
            env=clean | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


class _Recorder(SpanProcessor):
    def __init__(self, started: list[Any], ended: list[Any]) -> None:
        self._started = started
        self._ended = ended

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002  the SDK's
        self._started.append(span)

    def on_end(self, span: ReadableSpan) -> None:
        self._ended.append(span)
