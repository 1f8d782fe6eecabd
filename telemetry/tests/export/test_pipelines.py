"""Several exporters flushed and shut down side by side, within one budget."""

from __future__ import annotations

import asyncio
from threading import Event
from time import monotonic
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telemetry import BatchConfig, ExporterConfig, TelemetryConfig, configure

SLACK = 1.5  # seconds, for a machine that has other things to do


PROTOCOLS = ["grpc", "http/protobuf"]


@pytest.fixture(params=["dead", "black hole"])
def endpoint(request: pytest.FixtureRequest, unused_address: str, black_hole: str) -> str:
    return f"http://{unused_address if request.param == 'dead' else black_hole}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_shutdown_keeps_its_budget_and_tells_once_what_it_cost(exporting: Any, endpoint: str, protocol: Any) -> None:
    telemetry = exporting.to(endpoint, protocol=protocol)
    exporting.spans(telemetry, 3)
    started = monotonic()
    telemetry.shutdown(budget=0.2)

    assert monotonic() - started < 0.2 + SLACK
    assert exporting.lines == ["3 of 3 spans were not exported: gave up after 0.2 s"]
    telemetry.shutdown(budget=10)
    assert monotonic() - started < 0.2 + SLACK
    assert len(exporting.lines) == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_collector_that_is_too_slow_is_given_up(
    exporting: Any, http_collector: Any, grpc_collector: Any, protocol: Any
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    collector.delay = 20.0
    telemetry = exporting.to(collector.endpoint, protocol=protocol)
    exporting.spans(telemetry, 1)
    started = monotonic()
    telemetry.shutdown(budget=0.2)

    assert monotonic() - started < 0.2 + SLACK
    assert exporting.lines == ["1 of 1 spans were not exported: gave up after 0.2 s"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_the_event_loop_goes_on_while_telemetry_shuts_down(exporting: Any, endpoint: str, protocol: Any) -> None:
    telemetry = exporting.to(endpoint, protocol=protocol)
    exporting.spans(telemetry, 1)
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
    exporting: Any, unused_address: str, protocol: Any
) -> None:
    endpoint = f"http://{unused_address}"
    telemetry = exporting.to(endpoint, protocol=protocol)
    exporting.spans(telemetry, 3)
    started = monotonic()
    telemetry.shutdown(budget=30)

    assert monotonic() - started < 10
    target = endpoint if protocol == "grpc" else f"{endpoint}/v1/traces"
    assert exporting.lines == [f"3 of 3 spans were not exported: no collector at {target}"]


async def test_threads_that_hang_elsewhere_do_not_delay_the_shutdown(exporting: Any, http_collector: Any) -> None:
    go_on = Event()
    loop = asyncio.get_running_loop()
    hanging = [loop.run_in_executor(None, go_on.wait, 30) for _thread in range(40)]
    telemetry = exporting.to(http_collector.endpoint)
    exporting.spans(telemetry, 1)
    async with asyncio.timeout(10):
        await telemetry.ashutdown()
    go_on.set()
    await asyncio.gather(*hanging)

    assert len(http_collector.names) == 1


def test_several_exporters_share_one_budget_and_the_one_that_is_well_gets_every_span(
    exporting: Any, unused_address: str, black_hole: str, http_collector: Any
) -> None:
    telemetry = exporting.to(f"http://{unused_address}", f"http://{black_hole}", http_collector.endpoint)
    exporting.spans(telemetry, 5)
    started = monotonic()
    telemetry.shutdown(budget=0.5)

    assert monotonic() - started < 0.5 + SLACK
    assert len(http_collector.names) == 5
    assert exporting.lines == ["5 of 5 spans were not exported: gave up after 0.5 s"] * 2


def test_a_flush_exports_what_waits(exporting: Any, http_collector: Any) -> None:
    with exporting.to(http_collector.endpoint, batch=BatchConfig(schedule_delay=60)) as telemetry:
        exporting.spans(telemetry, 2)
        assert telemetry.force_flush()
        assert len(http_collector.names) == 2


def test_a_flush_keeps_its_budget_for_all_exporters_together(exporting: Any, black_hole: str) -> None:
    telemetry = exporting.to(*[f"http://{black_hole}"] * 4)
    exporting.spans(telemetry, 1)
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


async def test_telemetry_is_a_context_manager_of_both_kinds(exporting: Any, http_collector: Any) -> None:
    with exporting.to(http_collector.endpoint) as telemetry:
        exporting.spans(telemetry, 1)
    async with exporting.to(http_collector.endpoint) as telemetry:
        exporting.spans(telemetry, 1)

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
