"""The queues of finished spans: for exporters of the SDK's, and for those that send what is encoded."""

from __future__ import annotations

from abc import abstractmethod

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telemetry.export.pipelines import flush_all, shutdown_all
from telemetry.export.queue import ExportQueue, Item
from telemetry.otlp.request import Encoded
from telemetry.otlp.spans import encode_span
from telemetry.trace.span import RecordingSpan


class SpanPipeline(ExportQueue[Item], SpanProcessor):
    """A queue of finished spans, whatever they are kept as."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing to do: a span counts when it ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Queue the span, if it is sampled; one that cannot be kept is counted as failed, and its end never raises."""
        context = span.get_span_context()
        if context is None or not context.trace_flags.sampled:
            return
        try:
            kept = self._keep(span)
        except Exception as error:  # noqa: BLE001  such as a time that is no integer
            self.refuse(error)
        else:
            self.put(kept)

    @abstractmethod
    def _keep(self, span: ReadableSpan) -> Item:
        """Give what waits for the export."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what waits; False when that took longer than the time-out."""
        return flush_all([self], (), timeout_millis / 1000)

    def shutdown(self, budget: float = 5.0) -> None:
        """Export what waits, then stop; give up after `budget` seconds and say how many spans that cost."""
        shutdown_all([self], (), budget)


class ExportPipeline(SpanPipeline[ReadableSpan]):
    """The queue of an exporter of the SDK's, which takes spans as they are."""

    def _keep(self, span: ReadableSpan) -> ReadableSpan:
        return span


class EncodedPipeline(SpanPipeline[Encoded]):
    """The queue of an exporter of OTLP: spans wait as the bytes that are sent, which take a fraction of the memory."""

    def _keep(self, span: ReadableSpan) -> Encoded:
        return span.encoded() if isinstance(span, RecordingSpan) else encode_span(span)
