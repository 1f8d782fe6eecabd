"""The queues of ended spans: for SDK exporters, and for exporters of encoded spans."""

from __future__ import annotations

from abc import abstractmethod

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telemetry.export.pipelines import flush_all, shutdown_all
from telemetry.export.queue import ExportQueue, Item
from telemetry.otlp.request import Encoded
from telemetry.otlp.spans import encode_span, name_of
from telemetry.trace.span import RecordingSpan


class SpanPipeline(ExportQueue[Item], SpanProcessor):
    """A queue of ended spans, in whatever form they wait."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing: a span is counted when it ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Queue the span if it is sampled. A span that cannot be encoded is counted as failed; this never raises."""
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
        """Return the form that waits for the export."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export the queue; False when that took longer than the timeout."""
        return flush_all([self], (), timeout_millis / 1000)

    def shutdown(self, budget: float = 5.0) -> None:
        """Export the queue, then stop; give up after `budget` seconds and log how many spans that lost."""
        shutdown_all([self], (), budget)


class ExportPipeline(SpanPipeline[ReadableSpan]):
    """The queue of an SDK exporter, which takes the SDK's spans."""

    def _keep(self, span: ReadableSpan) -> ReadableSpan:
        return span


class EncodedPipeline(SpanPipeline[Encoded]):
    """The queue of an OTLP exporter: spans wait as encoded bytes, which take a fraction of the memory."""

    def _keep(self, span: ReadableSpan) -> Encoded:
        return span.encoded() if isinstance(span, RecordingSpan) else encode_span(span)

    def _size_of(self, item: Encoded) -> int:
        return len(item.item)

    def _describe(self, item: Encoded) -> str:
        return f"span {name_of(item)!r}"
