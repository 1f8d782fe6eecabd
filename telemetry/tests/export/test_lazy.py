from __future__ import annotations

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telemetry.export.lazy import LazyExporter


def test_it_connects_once_with_the_first_spans() -> None:
    connected: list[InMemorySpanExporter] = []

    def connect() -> SpanExporter:
        connected.append(InMemorySpanExporter())
        return connected[-1]

    exporter = LazyExporter(connect)
    assert not connected
    for _time in range(2):
        assert exporter.export([]) is SpanExportResult.SUCCESS

    assert len(connected) == 1
    exporter.shutdown()
    assert exporter.export([]) is SpanExportResult.FAILURE


def test_one_that_never_exported_connects_to_nothing_to_close_it() -> None:
    connected: list[InMemorySpanExporter] = []

    def connect() -> SpanExporter:
        connected.append(InMemorySpanExporter())
        return connected[-1]

    LazyExporter(connect).shutdown()

    assert not connected
