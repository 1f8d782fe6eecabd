"""A collector of the suite: receives what a service exports over OTLP, and keeps it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, Self

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import override

from tracetest.backends.base import Backend
from tracetest.backends.otlp_json import read_spans
from tracetest.fetched import Trace
from tracetest.model import Span

_TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
_LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
_REQUESTS: Mapping[str, Any] = {
    _TRACES: ExportTraceServiceRequest,
    _METRICS: ExportMetricsServiceRequest,
    _LOGS: ExportLogsServiceRequest,
}
_IDS = ("traceId", "spanId", "parentSpanId")

Labels = Mapping[str, str]


class Sink(Backend):
    """Listens on a port of its own; a context manager.

    Attributes:
        address: ``HOST:PORT``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._spans: dict[str, list[Span]] = {}
        self._texts: list[str] = []
        self._series: dict[str, list[Labels]] = {}
        self._metrics_taken = 0
        self._server = grpc.server(ThreadPoolExecutor(4, "sink"), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers([_Receiving(self)])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()

    @override
    async def fetch(self, trace_id: str) -> Trace | None:
        """Give the spans of a trace that have come by now; None when none has."""
        with self._lock:
            spans = self._spans.get(trace_id, ())
            return Trace(trace_id, sorted(spans, key=lambda span: span.start)) if spans else None

    @property
    def spans(self) -> Sequence[Span]:
        """All that have come."""
        with self._lock:
            return [span for spans in self._spans.values() for span in spans]

    @property
    def texts(self) -> Sequence[str]:
        """Every span and log record as it came, each as one text."""
        with self._lock:
            return list(self._texts)

    @property
    def series(self) -> Mapping[str, Sequence[Labels]]:
        """The labels of each series, by metric, as the last export of it has them."""
        with self._lock:
            return dict(self._series)

    @property
    def metrics_taken(self) -> int:
        """How many exports of metrics have come."""
        with self._lock:
            return self._metrics_taken

    def take(self, path: str, request: bytes) -> None:
        """Keep what is in an export."""
        document: dict[str, Any] = MessageToDict(_REQUESTS[path].FromString(request), use_integers_for_enums=True)
        with self._lock:
            if path == _METRICS:
                self._metrics_taken += 1
                self._series.update(_series(document))
                return
            self._texts += map(str, _items(document))
            for trace_id, span in _spans(document):
                self._spans.setdefault(trace_id, []).append(span)


class _Receiving(grpc.GenericRpcHandler):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        path = handler_call_details.method
        if path not in _REQUESTS:
            return None

        def export(request: bytes, _context: grpc.ServicerContext) -> bytes:
            self._sink.take(path, request)
            return b""

        return grpc.unary_unary_rpc_method_handler(export)


def _items(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in (*document.get("resourceSpans", ()), *document.get("resourceLogs", ())):
        for scope in (*resource.get("scopeSpans", ()), *resource.get("scopeLogs", ())):
            yield from (*scope.get("spans", ()), *scope.get("logRecords", ()))


def _spans(document: Mapping[str, Any]) -> Iterator[tuple[str, Span]]:
    for resource in document.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span in map(_with_hexadecimal_ids, scope.get("spans", ())):
                one = {"resource": resource.get("resource", {}), "scopeSpans": [{"spans": [span]}]}
                yield span["traceId"], read_spans({"resourceSpans": [one]})[0]


def _series(document: Mapping[str, Any]) -> Iterator[tuple[str, list[Labels]]]:
    for resource in document.get("resourceMetrics", ()):
        for scope in resource.get("scopeMetrics", ()):
            for metric in scope.get("metrics", ()):
                data: Iterable[Any] = (each for each in metric.values() if isinstance(each, dict))
                points = [point for each in data for point in each.get("dataPoints", ())]
                yield metric["name"], [_labels(point) for point in points]


def _labels(point: Mapping[str, Any]) -> Labels:
    return {each["key"]: str(next(iter(each.get("value", {}).values()), "")) for each in point.get("attributes", ())}


def _with_hexadecimal_ids(span: Mapping[str, Any]) -> dict[str, Any]:
    """Protobuf's own JSON has bytes in base 64, and OTLP's has ids in hexadecimal."""
    fixed = {key: base64.b64decode(value).hex() if key in _IDS else value for key, value in span.items()}
    return {**fixed, "links": [_with_hexadecimal_ids(link) for link in span.get("links", ())]}
