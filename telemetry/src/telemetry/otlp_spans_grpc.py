"""OTLP over gRPC; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.otlp_request import Encoded, join_request
from telemetry.otlp_stub import TRACES, BytesStub


class GrpcSpanExporter(OTLPSpanExporter):
    """The SDK's exporter, its retries and all, for spans that have been encoded."""

    def export(self, spans: Sequence[Encoded]) -> SpanExportResult:  # type: ignore[override]
        """Send the spans; FAILURE when they were refused, or not taken in time."""
        return self._export(spans)  # type: ignore[arg-type]

    def _translate_data(self, data: Sequence[Encoded]) -> bytes:  # type: ignore[override]
        return join_request(data)

    def _initialize_channel_and_stub(self) -> None:
        super()._initialize_channel_and_stub()  # type: ignore[no-untyped-call]
        channel: Any = self._channel
        self._client: Any = BytesStub(channel, TRACES)
