"""The fate of spans when the collector works, is gone, does not answer, or is slow."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from threading import enumerate as threads
from time import time
from typing import Any

import grpc
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telemetry import BatchConfig, ExporterConfig, SamplerConfig, TelemetryConfig, configure
from telemetry.export.counts import ExportCounts
from telemetry.export.reachability import GRACE
from telemetry.export.spans import ExportPipeline

PROTOCOLS = ["grpc", "http/protobuf"]


class Blocked(SpanExporter):
    """Takes spans and does not come back until it may."""

    def __init__(self) -> None:
        self.go_on = Event()
        self.busy = Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002  the SDK's signature
        self.busy.set()
        self.go_on.wait(30)
        return SpanExportResult.SUCCESS


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_span_reaches_a_collector_that_is_well(
    exporting: Any, http_collector: Any, grpc_collector: Any, protocol: Any
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    with exporting.to(collector.endpoint, protocol=protocol) as telemetry:
        exporting.spans(telemetry, 1500)

    assert sorted(collector.names) == sorted(f"span {number}" for number in range(1500))
    assert telemetry.export_counts == (ExportCounts(ended=1500, exported=1500, failed=0),)
    assert telemetry.export_counts[0].pending == 0
    assert not exporting.lines
    assert not [thread for thread in threads() if "telemetry" in thread.name or "OtelBatch" in thread.name]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_collector_that_is_slow_but_within_the_budget_gets_every_span(
    exporting: Any, http_collector: Any, grpc_collector: Any, protocol: Any
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    collector.delay = 0.2
    with exporting.to(
        collector.endpoint, protocol=protocol, batch=BatchConfig(max_queue_size=30, max_export_batch_size=10)
    ) as telemetry:
        exporting.spans(telemetry, 30)

    assert len(collector.names) == 30
    assert not exporting.lines


def test_a_full_queue_drops_spans_never_waits_and_counts_them(exporting: Any) -> None:
    exporter = Blocked()
    pipeline = ExportPipeline(exporter, BatchConfig(max_queue_size=10, max_export_batch_size=5, schedule_delay=60))
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    telemetry = configure(config, span_processors=[pipeline])
    exporting.spans(telemetry, 5)
    assert exporter.busy.wait(10)
    exporting.spans(telemetry, 100)
    assert pipeline.counts.ended == 105
    exporter.go_on.set()
    pipeline.shutdown(budget=10)
    telemetry.shutdown()

    assert pipeline.counts == ExportCounts(ended=105, exported=15, failed=0, dropped=90)
    assert pipeline.counts.pending == 0
    assert exporting.lines == ["90 of 105 spans were not exported"]


def test_spans_that_the_collector_refuses_are_counted(exporting: Any, http_collector: Any) -> None:
    http_collector.status = 400
    with exporting.to(http_collector.endpoint) as telemetry:
        exporting.spans(telemetry, 4)

    assert telemetry.export_counts == (ExportCounts(ended=4, exported=0, failed=4),)
    assert exporting.lines == ["4 of 4 spans were not exported"]


def test_spans_of_an_exporter_that_raises_are_counted(exporting: Any) -> None:
    class Broken(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            raise ValueError(f"{len(spans)} spans")

    pipeline = ExportPipeline(Broken(), BatchConfig())
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config, span_processors=[pipeline]) as telemetry:
        exporting.spans(telemetry, 2)

    assert pipeline.counts == ExportCounts(ended=2, exported=0, failed=2)
    assert exporting.lines == ["2 of 2 spans were not exported"]


def test_a_span_that_cannot_be_encoded_is_counted_and_costs_no_other(exporting: Any, http_collector: Any) -> None:
    with exporting.to(http_collector.endpoint) as telemetry:
        wrong: Any = telemetry.tracer("tests").start_span("wrong")
        wrong.end(time() * 1e9)  # no integer
        exporting.spans(telemetry, 2)

    assert len(http_collector.names) == 2
    assert telemetry.export_counts == (ExportCounts(ended=3, exported=2, failed=1),)
    assert exporting.lines == ["1 of 3 spans were not exported"]


def test_spans_that_are_not_sampled_are_neither_exported_nor_counted(exporting: Any, http_collector: Any) -> None:
    with exporting.to(http_collector.endpoint, sampler=SamplerConfig(kind="always_off")) as telemetry:
        exporting.spans(telemetry, 4)

    assert telemetry.export_counts == (ExportCounts(ended=0, exported=0, failed=0),)
    assert not http_collector.requests


def test_spans_after_the_shutdown_go_nowhere_quietly(
    exporting: Any, http_collector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with exporting.to(http_collector.endpoint) as telemetry:
        exporting.spans(telemetry, 1)
    with caplog.at_level(logging.WARNING):
        exporting.spans(telemetry, 5)

    assert len(http_collector.names) == 1
    assert not caplog.records


def test_a_span_ends_well_when_the_system_has_no_thread_left(exporting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    pipeline = ExportPipeline(exporter, BatchConfig())
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))

    def refuse(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    with configure(config, span_processors=[pipeline]) as telemetry:
        with monkeypatch.context() as patch:
            patch.setattr("telemetry.export.queue.Thread.start", refuse)
            exporting.spans(telemetry, 3)
        exporting.spans(telemetry, 1)

    assert len(exporter.get_finished_spans()) == 4


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_export_is_tried_again_when_the_collector_says_later(
    exporting: Any, http_collector: Any, status: int
) -> None:
    http_collector.status = status
    with exporting.to(http_collector.endpoint) as telemetry:
        exporting.spans(telemetry, 1)
        flush = Thread(target=telemetry.force_flush, args=(10.0,))
        flush.start()
        while not http_collector.requests:
            flush.join(0.01)
        http_collector.status = 200
        flush.join()
        assert telemetry.export_counts == (ExportCounts(ended=1, exported=1, failed=0),)

    assert len(http_collector.requests) >= 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_collector_that_does_not_take_the_connection_is_tried_again_within_the_same_export(
    exporting: Any, deaf: Any, until: Any, protocol: Any
) -> None:
    """It may have started again at another address, which is looked up again for each attempt."""
    exporter = ExporterConfig(protocol=protocol, endpoint=f"http://{deaf.address}", timeout=8.0)
    batch = BatchConfig(schedule_delay=0.01)
    with configure(TelemetryConfig(service_name="user", exporter=exporter, batch=batch)) as telemetry:
        exporting.spans(telemetry, 1)
        await until(lambda: deaf.attempts() > 1)

        assert telemetry.export_counts[0].failed == 0
        telemetry.shutdown(0.1)


def test_a_collector_that_comes_up_late_gets_the_spans(exporting: Any, unused_address: str) -> None:
    with exporting.to(f"http://{unused_address}", protocol="grpc") as telemetry:
        exporting.spans(telemetry, 1)
        flush = Thread(target=telemetry.force_flush, args=(10.0,))
        flush.start()
        flush.join(0.2)
        received: list[Any] = []
        server, _port = _serve(received, unused_address)
        flush.join()
        server.stop(None).wait()

    assert len(received) == 1


def test_a_shutdown_waits_for_a_collector_that_restarts(exporting: Any) -> None:
    received: list[Any] = []
    first, port = _serve(received, "127.0.0.1:0")
    with exporting.to(f"http://127.0.0.1:{port}", protocol="grpc", shutdown_budget=30.0) as telemetry:
        exporting.spans(telemetry, 1)
        assert telemetry.force_flush()
        first.stop(None).wait()
        exporting.spans(telemetry, 1)
        shutdown = Thread(target=telemetry.shutdown)
        shutdown.start()
        shutdown.join(2 * GRACE)
        assert shutdown.is_alive()
        second, _port = _serve(received, f"127.0.0.1:{port}")
        shutdown.join()
        second.stop(None).wait()

    assert len(received) == 2


def _serve(received: list[Any], address: str) -> tuple[grpc.Server, int]:
    """Serve a collector that keeps what it is sent; give it with its port."""
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers([_Receiver(received)])
    port = server.add_insecure_port(address)
    server.start()
    return server, port


class _Receiver(grpc.GenericRpcHandler):
    def __init__(self, received: list[Any]) -> None:
        self._received = received

    def service(self, handler_call_details: Any) -> Any:  # noqa: ARG002  gRPC's signature
        def answer(request: bytes, _context: Any) -> bytes:
            self._received.append(request)
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)
