"""OpenTelemetry's SDK and its instrumentations for FastAPI and grpc.aio, as their documentation wires them."""

from __future__ import annotations

import os
from typing import Any

from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.grpc import GrpcAioInstrumentorClient, GrpcAioInstrumentorServer
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from bench.wirings.untraced import Wiring


class Stock(Wiring):
    """The provider is global and the instrumentations patch grpc: nothing is handed on by hand."""

    def __init__(self) -> None:
        self._provider = TracerProvider()
        self._provider.add_span_processor(BatchSpanProcessor(_exporter()))
        trace.set_tracer_provider(self._provider)
        GrpcAioInstrumentorServer().instrument()  # type: ignore[no-untyped-call]
        GrpcAioInstrumentorClient().instrument()  # type: ignore[no-untyped-call]

    def asgi(self, app: Any) -> Any:
        """Instrument the application."""
        FastAPIInstrumentor.instrument_app(app)
        return app

    def flush(self) -> None:
        """Flush the provider."""
        self._provider.force_flush()


def _exporter() -> SpanExporter:
    if os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "http/protobuf":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as Http  # noqa: PLC0415  one

        return Http()
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as Grpc  # noqa: PLC0415  of two

    return Grpc()


def wire() -> Stock:
    """Instrument; where to and how many is said by ``OTEL_*``."""
    return Stock()
