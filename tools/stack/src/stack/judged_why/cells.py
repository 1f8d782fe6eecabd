"""Two stacks side by side, as in two zones, whose spans all go to one store of the console's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.context import Context
from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricReader
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from console.otlp.spans import decode_spans
from console.store import TraceStore
from faults.catalogue import load
from faults.flags import FlagFile
from stack.in_process import InProcessStack
from telemetry.otlp.request import join_request
from telemetry.otlp.spans import encode_span
from telemetry.trace.span import RecordingSpan

_REQUEST_TIMEOUT = 3.0  # seconds: longer than anything but what would last for ever
_WITHIN = 30.0
_NEXT_LOOK = 0.01


class ToStore(SpanProcessor):
    """Gives each span that ends to a store, as the bytes that an exporter would send."""

    def __init__(self) -> None:
        self.store = TraceStore()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing to do: a span counts when it ends."""

    def on_end(self, span: ReadableSpan) -> None:
        """Encode and keep it."""
        encoded = span.encoded() if isinstance(span, RecordingSpan) else encode_span(span)
        self.store.add(decode_spans(join_request([encoded])).items)


class _NoLogs(LogRecordProcessor):
    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Nobody asks for it."""

    def shutdown(self) -> None:
        """There is nothing to end."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        return True


class _Recorder:
    def __init__(self, spans: ToStore) -> None:
        self.span_processor: SpanProcessor = spans
        self.log_processor: LogRecordProcessor = _NoLogs()

    def metric_reader(self) -> MetricReader:
        return InMemoryMetricReader()


@dataclass(frozen=True, slots=True)
class Cells:
    """What runs.

    Attributes:
        stacks: two, with all services each.
        flags: of the services of both.
        spans: where their spans go.
    """

    stacks: tuple[InProcessStack, InProcessStack]
    flags: FlagFile
    spans: ToStore

    async def settled(self) -> None:
        """Wait until every span has ended."""
        async with asyncio.timeout(_WITHIN):
            while any(stack.open_spans for stack in self.stacks):  # noqa: ASYNC110  they are other loops'
                await asyncio.sleep(_NEXT_LOOK)


@contextmanager
def cells(folder: Path) -> Iterator[Cells]:
    """Run both while the block runs."""
    flags = FlagFile(folder / "flags.json", load().flags)
    flags.clear()
    spans = ToStore()
    with ExitStack() as running:
        stacks = []
        for name in ("a", "b"):
            (folder / name).mkdir()
            stack = InProcessStack(folder / name, _Recorder(spans), flags, request_timeout=_REQUEST_TIMEOUT)
            stacks.append(running.enter_context(stack))
        yield Cells((stacks[0], stacks[1]), flags, spans)
