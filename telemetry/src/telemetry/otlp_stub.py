"""A stub of OTLP's gRPC services for requests that are bytes already; imported when it is asked for."""

from __future__ import annotations

from typing import Any

from grpc import Channel
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

_RESPONSES: dict[str, Any] = {TRACES: ExportTraceServiceResponse, LOGS: ExportLogsServiceResponse}


class BytesStub:
    """What OpenTelemetry's exporters call."""

    def __init__(self, channel: Channel, method: str) -> None:
        self.Export: Any = channel.unary_unary(method, response_deserializer=_RESPONSES[method].FromString)
