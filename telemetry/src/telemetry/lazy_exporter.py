"""An exporter that connects when it first exports, in the process that does: gRPC does not survive a fork."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult


class LazyExporter(SpanExporter):
    """Makes the real exporter with its first spans; what can be wrong has been checked before.

    Args:
        connect: Makes it.
    """

    def __init__(self, connect: Callable[[], SpanExporter]) -> None:
        self._connect = connect
        self._exporter: SpanExporter | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export, after connecting if need be."""
        if self._exporter is None:
            self._exporter = self._connect()
        return self._exporter.export(spans)

    def shutdown(self) -> None:
        """Shut the real exporter down, if there is one."""
        if self._exporter is not None:
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the real exporter, if there is one."""
        return self._exporter is None or self._exporter.force_flush(timeout_millis)
