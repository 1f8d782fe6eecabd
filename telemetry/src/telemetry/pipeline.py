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
        self._reported = False
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
        return flush_all([self], (), timeout_millis / 1000)

    def shutdown(self, budget: float = 5.0) -> None:
        """Export what waits, then stop; give up after `budget` seconds and say how many spans that cost."""
        shutdown_all([self], (), budget)

    def flush(self) -> object:
        """Export what waits, however long it takes."""
        return self._batch.force_flush()

    def close(self) -> None:
        """Export what waits and stop, however long it takes."""
        shutdown: Callable[[], object] = self._batch.shutdown
        shutdown()

    def report(self, budget: float, *, in_time: bool) -> None:
        """Say once how many spans were lost; let go of the exporter when it was given up."""
        if self._reported:
            return
        self._reported = True
        counts = self.counts
        if lost := counts.failed + counts.pending:
            reason = "" if in_time else f": gave up after {budget:g} s"
            _logger.warning("%d of %d spans were not exported%s", lost, counts.ended, reason)
        if not in_time:
            _start(self._exporter.shutdown)  # ends its retries


class _CountingExporter(SpanExporter):
    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._lock = Lock()
        self._closed = False
        self.exported = 0
        self.failed = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            if not self._closed:
                result = self._exporter.export(spans)
        finally:
            with self._lock:
                if result is SpanExportResult.SUCCESS:
                    self.exported += len(spans)
                else:
                    self.failed += len(spans)
        return result

    def shutdown(self) -> None:
        with self._lock:
            closed, self._closed = self._closed, True
        if not closed:
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def flush_all(pipelines: Sequence[ExportPipeline], others: Sequence[SpanProcessor], budget: float) -> bool:
    """Flush side by side, `budget` seconds for all together; tell whether that was enough."""
    return all(_within(budget, [*(each.flush for each in pipelines), *(each.force_flush for each in others)]))


def shutdown_all(pipelines: Sequence[ExportPipeline], others: Sequence[SpanProcessor], budget: float) -> None:
    """Shut down side by side, `budget` seconds for all together."""
    ended = _within(budget, [*(each.close for each in pipelines), *(each.shutdown for each in others)])
    for pipeline, in_time in zip(pipelines, ended, strict=False):
        pipeline.report(budget, in_time=in_time)


def _within(seconds: float, works: Sequence[Callable[[], object]]) -> list[bool]:
    """Do all the work at once; tell of each whether it ended in time."""
    ends_at = monotonic() + seconds
    threads = [_start(work) for work in works]
    for thread in threads:
        thread.join(max(0.0, ends_at - monotonic()))
    return [not thread.is_alive() for thread in threads]


def _start(work: Callable[[], object]) -> Thread:
    thread = Thread(target=work, name="telemetry", daemon=True)  # a daemon cannot keep the process
    thread.start()
    return thread
