"""An empty export to the collector: OTLP allows it, and its success proves the path."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import grpc
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from telemetry.config.sections import ExporterConfig
from telemetry.doctor.findings import Ailment, Finding
from telemetry.export.otlp.session import ExporterSession
from telemetry.export.otlp.tls import read_tls

_SECONDS = 5.0
_SKEW_SECONDS = 5.0  # HTTP dates have whole seconds
_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_REFUSALS = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT}
_HEADERS = "set what it asks for in OTEL_EXPORTER_OTLP_HEADERS, such as authorization=Bearer%20…"
_LOGS = "read the collector's log: its queue is full, or its own exporter cannot reach what is behind it"


def check_export(exporter: ExporterConfig) -> Iterator[Finding]:
    """Send an empty export; check the response and its clock."""
    if exporter.protocol == "grpc":
        yield _by_grpc(exporter)
        return
    session = ExporterSession()
    session.trust(exporter)
    headers = {"Content-Type": "application/x-protobuf", **exporter.headers}
    try:
        answer = session.post(exporter.target, data=b"", headers=headers, timeout=_SECONDS)
    except requests.RequestException as error:
        yield Finding("export", f"no answer: {type(error).__name__}", Ailment.COLLECTOR, _LOGS)
        return
    yield _answered(answer.status_code)
    if (date := answer.headers.get("Date")) is not None:
        yield check_clock(date, "the collector")


def check_clock(date: str, whose: str) -> Finding:
    """Compare the response's Date header with the local clock."""
    skew = time.time() - parsedate_to_datetime(date).timestamp()
    if abs(skew) <= _SKEW_SECONDS:
        return Finding("clock", f"as {whose} has it")
    text = (
        f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} {whose}'s: spans lie outside of what was asked for"
    )
    return Finding("clock", text, Ailment.CLOCK, "set the clocks by NTP, on both machines")


def _answered(status: int) -> Finding:
    text = f"the collector answered {status} to an export"
    if status == HTTPStatus.NOT_FOUND:
        return Finding("export", text, Ailment.PROTOCOL, "correct the endpoint's path: OTLP's own is /v1/traces")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Finding("export", text, Ailment.COLLECTOR, _LOGS)
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Finding("export", text, Ailment.REFUSED, _HEADERS)
    return Finding("export", "the collector takes it")


def _by_grpc(exporter: ExporterConfig) -> Finding:
    tls = read_tls(exporter)
    target = exporter.target.partition("://")[2].rstrip("/")
    if exporter.target.startswith("https://"):
        credentials = grpc.ssl_channel_credentials(tls.authorities, tls.client_key, tls.client_certificate)
        channel = grpc.secure_channel(target, credentials)
    else:
        channel = grpc.insecure_channel(target)
    headers = tuple((name.lower(), value) for name, value in exporter.headers.items())
    with channel:
        export = channel.unary_unary(
            _EXPORT,
            request_serializer=ExportTraceServiceRequest.SerializeToString,
            response_deserializer=ExportTraceServiceResponse.FromString,
        )
        try:
            export(ExportTraceServiceRequest(), timeout=_SECONDS, metadata=headers)
        except grpc.RpcError as error:
            return _failed(error.code())
    return Finding("export", "the collector takes it")


def _failed(code: grpc.StatusCode) -> Finding:
    text = f"the collector answered {code.name} to an export"
    if code in _REFUSALS:
        return Finding("export", text, Ailment.REFUSED, _HEADERS)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        cure = "correct the port: this one speaks gRPC, and not OTLP's traces"
        return Finding("export", text, Ailment.PROTOCOL, cure)
    return Finding("export", text, Ailment.COLLECTOR, _LOGS)
