"""Log records by OTLP over gRPC; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs.export import LogRecordExportResult

from telemetry.otlp_request import Encoded, join_request
from telemetry.otlp_stub import LOGS, BytesStub


class GrpcLogExporter(OTLPLogExporter):
    """The SDK's exporter, its retries and all, for records that have been encoded."""

    def export(self, logs: Sequence[Encoded]) -> LogRecordExportResult:  # type: ignore[override]
        """Send the records; FAILURE when they were refused, or not taken in time."""
        return self._export(logs)  # type: ignore[arg-type]

    def _translate_data(self, data: Sequence[Encoded]) -> bytes:  # type: ignore[override]
        return join_request(data)

    def _initialize_channel_and_stub(self) -> None:
        super()._initialize_channel_and_stub()  # type: ignore[no-untyped-call]
        channel: Any = self._channel
        self._client: Any = BytesStub(channel, LOGS)
