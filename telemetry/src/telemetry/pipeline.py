"""Finished spans on their way out: batched off the hot path, counted, and given up in time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock, Thread
from time import monotonic

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from telemetry.config import BatchConfig

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExportCounts:
    """What became of the sampled spans of one exporter.

    Attributes:
        ended: Spans handed to the exporter's queue.
        exported: Spans that the other side took.
        failed: Spans that were sent and refused, or not answered in time.
    """

    ended: int
    exported: int
    failed: int

    @property
    def pending(self) -> int:
        """Spans that wait, or that fell out of the full queue."""
        return self.ended - self.exported - self.failed


class ExportPipeline(SpanProcessor):
    """A queue, a thread and an exporter.

    `shutdown` gives up after its budget: the SDK's own takes up to 30 s when nobody answers
    (https://github.com/open-telemetry/opentelemetry-python/issues/4568), and a container is killed after 10 s.
    """

    def __init__(self, exporter: SpanExporter, batch: BatchConfig) -> None:
        self._exporter = _CountingExporter(exporter)
        self._ended = 0
        self._batch = BatchSpanProcessor(
            self._exporter,
            max_queue_size=batch.max_queue_size,
            max_export_batch_size=batch.max_export_batch_size,
            schedule_delay_millis=batch.schedule_delay * 1000,
        )

    @property
    def counts(self) -> ExportCounts:
        """What became of the spans so far."""
        return ExportCounts(self._ended, self._exporter.exported, self._exporter.failed)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing to do: a span counts when it ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Queue the span; never waits."""
        if span.context is not None and span.context.trace_flags.sampled:
            self._ended += 1
            self._batch.on_end(span)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what waits; False when that took longer than the time-out."""
        return _within(timeout_millis / 1000, self._batch.force_flush, "telemetry-flush")

    def shutdown(self, budget: float = 5.0) -> None:
        """Export what waits, then stop; give up after `budget` seconds and say how many spans that cost."""
        in_time = _within(budget, self._batch.shutdown, "telemetry-shutdown")
        counts = self.counts
        if lost := counts.failed + counts.pending:
            reason = "" if in_time else f": gave up after {budget:g} s"
            _logger.warning("%d of %d spans were not exported%s", lost, counts.ended, reason)


class _CountingExporter(SpanExporter):
    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._lock = Lock()
        self.exported = 0
        self.failed = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            with self._lock:
                if result is SpanExportResult.SUCCESS:
                    self.exported += len(spans)
                else:
                    self.failed += len(spans)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def shutdown_all(pipelines: Sequence[ExportPipeline], budget: float) -> None:
    """Shut the pipelines down side by side, `budget` seconds for them all."""
    threads = [Thread(target=pipeline.shutdown, args=(budget,), daemon=True) for pipeline in pipelines]
    ends_at = monotonic() + budget
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ends_at - monotonic()) + 0.1)


def _within(seconds: float, work: Callable[[], object], name: str) -> bool:
    """Run the work in a daemon thread, which cannot keep the process; tell whether it ended in time."""
    thread = Thread(target=work, name=name, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()
