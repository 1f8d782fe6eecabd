"""What becomes of spans when the collector is well, gone, silent or slow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from threading import enumerate as threads
from time import monotonic, time
from typing import Any

import grpc
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telemetry import BatchConfig, ExporterConfig, SamplerConfig, Telemetry, TelemetryConfig, configure
from telemetry.export.counts import ExportCounts
from telemetry.export.reachability import GRACE
from telemetry.export.spans import ExportPipeline

SLACK = 1.5  # seconds, for a machine that has other things to do
PROTOCOLS = ["grpc", "http/protobuf"]


def exporting_to(*endpoints: str, protocol: Any = "http/protobuf", **options: Any) -> Telemetry:
    exporters = tuple(ExporterConfig(endpoint=endpoint, protocol=protocol) for endpoint in endpoints)
    return configure(TelemetryConfig(service_name="test", exporter=exporters, **options))


def make_spans(telemetry: Telemetry, count: int) -> None:
    tracer = telemetry.tracer("tests")
    for number in range(count):
        with tracer.start_as_current_span(f"span {number}"):
            pass


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "telemetry.export.queue"]


@pytest.fixture(params=["dead", "black hole"])
def endpoint(request: pytest.FixtureRequest, unused_address: str, black_hole: str) -> str:
    return f"http://{unused_address if request.param == 'dead' else black_hole}"


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
    http_collector: Any, grpc_collector: Any, protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    with exporting_to(collector.endpoint, protocol=protocol) as telemetry:
        make_spans(telemetry, 1500)

    assert sorted(collector.names) == sorted(f"span {number}" for number in range(1500))
    assert telemetry.export_counts == (ExportCounts(ended=1500, exported=1500, failed=0),)
    assert telemetry.export_counts[0].pending == 0
    assert not lines(caplog)
    assert not [thread for thread in threads() if "telemetry" in thread.name or "OtelBatch" in thread.name]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_collector_that_is_slow_but_within_the_budget_gets_every_span(
    http_collector: Any, grpc_collector: Any, protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    collector.delay = 0.2
    with exporting_to(
        collector.endpoint, protocol=protocol, batch=BatchConfig(max_queue_size=30, max_export_batch_size=10)
    ) as telemetry:
        make_spans(telemetry, 30)

    assert len(collector.names) == 30
    assert not lines(caplog)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_shutdown_keeps_its_budget_and_tells_once_what_it_cost(
    endpoint: str, protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = exporting_to(endpoint, protocol=protocol)
    make_spans(telemetry, 3)
    started = monotonic()
    telemetry.shutdown(budget=0.2)

    assert monotonic() - started < 0.2 + SLACK
    assert lines(caplog) == ["3 of 3 spans were not exported: gave up after 0.2 s"]
    telemetry.shutdown(budget=10)
    assert monotonic() - started < 0.2 + SLACK
    assert len(lines(caplog)) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_collector_that_is_too_slow_is_given_up(
    http_collector: Any, grpc_collector: Any, protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    collector.delay = 20.0
    telemetry = exporting_to(collector.endpoint, protocol=protocol)
    make_spans(telemetry, 1)
    started = monotonic()
    telemetry.shutdown(budget=0.2)

    assert monotonic() - started < 0.2 + SLACK
    assert lines(caplog) == ["1 of 1 spans were not exported: gave up after 0.2 s"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_the_event_loop_goes_on_while_telemetry_shuts_down(endpoint: str, protocol: Any) -> None:
    telemetry = exporting_to(endpoint, protocol=protocol)
    make_spans(telemetry, 1)
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        last = monotonic()
        while True:
            await asyncio.sleep(0.01)
            longest, last = max(longest, monotonic() - last), monotonic()

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0)
    started = monotonic()
    await telemetry.ashutdown(budget=0.5)
    ticker.cancel()

    assert 0.4 < monotonic() - started < 0.5 + SLACK
    assert 0 < longest < 0.4


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_shutdown_does_not_wait_for_a_collector_that_was_never_there(
    unused_address: str, protocol: Any, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = f"http://{unused_address}"
    telemetry = exporting_to(endpoint, protocol=protocol)
    make_spans(telemetry, 3)
    started = monotonic()
    telemetry.shutdown(budget=30)

    assert monotonic() - started < 10
    target = endpoint if protocol == "grpc" else f"{endpoint}/v1/traces"
    assert lines(caplog) == [f"3 of 3 spans were not exported: nobody listens at {target}"]


def test_a_shutdown_waits_for_a_collector_that_restarts() -> None:
    received: list[Any] = []
    first, port = _serve(received, "127.0.0.1:0")
    with exporting_to(f"http://127.0.0.1:{port}", protocol="grpc", shutdown_budget=30.0) as telemetry:
        make_spans(telemetry, 1)
        assert telemetry.force_flush()
        first.stop(None).wait()
        make_spans(telemetry, 1)
        shutdown = Thread(target=telemetry.shutdown)
        shutdown.start()
        shutdown.join(2 * GRACE)
        assert shutdown.is_alive()
        second, _port = _serve(received, f"127.0.0.1:{port}")
        shutdown.join()
        second.stop(None).wait()

    assert len(received) == 2


async def test_threads_that_hang_elsewhere_do_not_delay_the_shutdown(http_collector: Any) -> None:
    go_on = Event()
    loop = asyncio.get_running_loop()
    hanging = [loop.run_in_executor(None, go_on.wait, 30) for _thread in range(40)]
    telemetry = exporting_to(http_collector.endpoint)
    make_spans(telemetry, 1)
    async with asyncio.timeout(10):
        await telemetry.ashutdown()
    go_on.set()
    await asyncio.gather(*hanging)

    assert len(http_collector.names) == 1


def test_several_exporters_share_one_budget_and_the_one_that_is_well_gets_every_span(
    unused_address: str, black_hole: str, http_collector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = exporting_to(f"http://{unused_address}", f"http://{black_hole}", http_collector.endpoint)
    make_spans(telemetry, 5)
    started = monotonic()
    telemetry.shutdown(budget=0.5)

    assert monotonic() - started < 0.5 + SLACK
    assert len(http_collector.names) == 5
    assert lines(caplog) == ["5 of 5 spans were not exported: gave up after 0.5 s"] * 2


def test_a_flush_exports_what_waits(http_collector: Any) -> None:
    with exporting_to(http_collector.endpoint, batch=BatchConfig(schedule_delay=60)) as telemetry:
        make_spans(telemetry, 2)
        assert telemetry.force_flush()
        assert len(http_collector.names) == 2


def test_a_flush_keeps_its_budget_for_all_exporters_together(black_hole: str) -> None:
    telemetry = exporting_to(*[f"http://{black_hole}"] * 4)
    make_spans(telemetry, 1)
    started = monotonic()
    flushed = telemetry.force_flush(budget=0.5)

    assert not flushed
    assert monotonic() - started < 0.5 + 1.0
    telemetry.shutdown(budget=0)


def test_a_flush_reaches_the_processors_that_were_given_too() -> None:
    class Flushed(SimpleSpanProcessor):
        flushes = 0

        def force_flush(self, timeout_millis: int | None = None) -> bool:  # noqa: ARG002  the SDK's signature
            self.flushes += 1
            return True

    processor = Flushed(InMemorySpanExporter())
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config, span_processors=[processor]) as telemetry:
        assert telemetry.force_flush()

    assert processor.flushes == 1


def test_a_processor_that_was_given_cannot_overrun_the_budget() -> None:
    class Hanging(SimpleSpanProcessor):
        go_on = Event()

        def shutdown(self) -> None:
            self.go_on.wait(30)

    processor = Hanging(InMemorySpanExporter())
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    telemetry = configure(config, span_processors=[processor])
    started = monotonic()
    telemetry.shutdown(budget=0.1)
    processor.go_on.set()

    assert monotonic() - started < 0.1 + SLACK


def test_a_full_queue_drops_spans_never_waits_and_counts_them(caplog: pytest.LogCaptureFixture) -> None:
    exporter = Blocked()
    pipeline = ExportPipeline(exporter, BatchConfig(max_queue_size=10, max_export_batch_size=5, schedule_delay=60))
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    telemetry = configure(config, span_processors=[pipeline])
    make_spans(telemetry, 5)
    assert exporter.busy.wait(10)
    make_spans(telemetry, 100)
    assert pipeline.counts.ended == 105
    exporter.go_on.set()
    pipeline.shutdown(budget=10)
    telemetry.shutdown()

    assert pipeline.counts == ExportCounts(ended=105, exported=15, failed=0, dropped=90)
    assert pipeline.counts.pending == 0
    assert lines(caplog) == ["90 of 105 spans were not exported"]


def test_spans_that_the_collector_refuses_are_counted(http_collector: Any, caplog: pytest.LogCaptureFixture) -> None:
    http_collector.status = 400
    with exporting_to(http_collector.endpoint) as telemetry:
        make_spans(telemetry, 4)

    assert telemetry.export_counts == (ExportCounts(ended=4, exported=0, failed=4),)
    assert lines(caplog) == ["4 of 4 spans were not exported"]


def test_spans_of_an_exporter_that_raises_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            raise ValueError(f"{len(spans)} spans")

    pipeline = ExportPipeline(Broken(), BatchConfig())
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config, span_processors=[pipeline]) as telemetry:
        make_spans(telemetry, 2)

    assert pipeline.counts == ExportCounts(ended=2, exported=0, failed=2)
    assert lines(caplog) == ["2 of 2 spans were not exported"]


def test_a_span_that_cannot_be_encoded_is_counted_and_costs_no_other(
    http_collector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with exporting_to(http_collector.endpoint) as telemetry:
        wrong: Any = telemetry.tracer("tests").start_span("wrong")
        wrong.end(time() * 1e9)  # no integer
        make_spans(telemetry, 2)

    assert len(http_collector.names) == 2
    assert telemetry.export_counts == (ExportCounts(ended=3, exported=2, failed=1),)
    assert lines(caplog) == ["1 of 3 spans were not exported"]


def test_spans_that_are_not_sampled_are_neither_exported_nor_counted(http_collector: Any) -> None:
    with exporting_to(http_collector.endpoint, sampler=SamplerConfig(kind="always_off")) as telemetry:
        make_spans(telemetry, 4)

    assert telemetry.export_counts == (ExportCounts(ended=0, exported=0, failed=0),)
    assert not http_collector.requests


def test_spans_after_the_shutdown_go_nowhere_quietly(http_collector: Any, caplog: pytest.LogCaptureFixture) -> None:
    with exporting_to(http_collector.endpoint) as telemetry:
        make_spans(telemetry, 1)
    with caplog.at_level(logging.WARNING):
        make_spans(telemetry, 5)

    assert len(http_collector.names) == 1
    assert not caplog.records


async def test_telemetry_is_a_context_manager_of_both_kinds(http_collector: Any) -> None:
    with exporting_to(http_collector.endpoint) as telemetry:
        make_spans(telemetry, 1)
    async with exporting_to(http_collector.endpoint) as telemetry:
        make_spans(telemetry, 1)

    assert len(http_collector.names) == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_process_ends_soon_after_its_shutdown_gave_up(run_python: Any, black_hole: str, protocol: str) -> None:
    program = """
import sys
from telemetry import ExporterConfig, TelemetryConfig, configure
config = TelemetryConfig(service_name="test", exporter=ExporterConfig(endpoint=sys.argv[1], protocol=sys.argv[2]))
with configure(config).tracer("test").start_as_current_span("work"):
    pass
telemetry = configure(config)
with telemetry.tracer("test").start_as_current_span("work"):
    pass
telemetry.shutdown(budget=0.1)
"""
    started = monotonic()
    result = run_python(program, f"http://{black_hole}", protocol)

    assert result.returncode == 0
    assert "1 of 1 spans were not exported" in result.stderr
    assert "Traceback" not in result.stderr
    assert monotonic() - started < 5


def test_a_span_ends_well_when_the_system_has_no_thread_left(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    pipeline = ExportPipeline(exporter, BatchConfig())
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))

    def refuse(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    with configure(config, span_processors=[pipeline]) as telemetry:
        with monkeypatch.context() as patch:
            patch.setattr("telemetry.export.queue.Thread.start", refuse)
            make_spans(telemetry, 3)
        make_spans(telemetry, 1)

    assert len(exporter.get_finished_spans()) == 4


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_export_is_tried_again_when_the_collector_says_later(http_collector: Any, status: int) -> None:
    http_collector.status = status
    with exporting_to(http_collector.endpoint) as telemetry:
        make_spans(telemetry, 1)
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
    deaf: Any, until: Any, protocol: Any
) -> None:
    """It may have started again at another address, which is looked up again for each attempt."""
    exporter = ExporterConfig(protocol=protocol, endpoint=f"http://{deaf.address}", timeout=8.0)
    batch = BatchConfig(schedule_delay=0.01)
    with configure(TelemetryConfig(service_name="user", exporter=exporter, batch=batch)) as telemetry:
        make_spans(telemetry, 1)
        await until(lambda: deaf.attempts() > 1)

        assert telemetry.export_counts[0].failed == 0
        telemetry.shutdown(0.1)


def test_a_collector_that_comes_up_late_gets_the_spans(unused_address: str) -> None:
    with exporting_to(f"http://{unused_address}", protocol="grpc") as telemetry:
        make_spans(telemetry, 1)
        flush = Thread(target=telemetry.force_flush, args=(10.0,))
        flush.start()
        flush.join(0.2)
        received: list[Any] = []
        server, _port = _serve(received, unused_address)
        flush.join()
        server.stop(None).wait()

    assert len(received) == 1


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
