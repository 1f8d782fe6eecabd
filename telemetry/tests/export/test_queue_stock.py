"""The faults of the SDK's own export that docs/adr/0003 lists, shown beside what is right.

Each test first shows the fault. When it fails there, it is fixed upstream: remove its row from the ADR, and ask if
`telemetry.export.queue` is still needed.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as Grpc
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as Http

FIXED = "fixed upstream? see docs/adr/0003"

PROGRAM = """
import asyncio, os, sys
from threading import Thread
from time import monotonic

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as Grpc
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as Http
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from telemetry import ExporterConfig, TelemetryConfig, configure

what, protocol, address = sys.argv[1:]
exporter = Grpc(f"http://{address}", insecure=True) if protocol == "grpc" else Http(f"http://{address}/v1/traces")
stock = TracerProvider()
stock.add_span_processor(BatchSpanProcessor(exporter))
stock.get_tracer("tests").start_span("work").end()
waiting = Thread(target=getattr(stock, what), daemon=True)
waiting.start()

config = TelemetryConfig(
    service_name="test", exporter=ExporterConfig(endpoint=f"http://{address}", protocol=protocol), shutdown_budget=1.0
)


async def stop():
    telemetry = configure(config)
    telemetry.tracer("tests").start_span("work").end()
    started, turns = monotonic(), 0
    ending = asyncio.ensure_future(telemetry.ashutdown())
    while not ending.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 20, f"the event loop had {turns} turns"
    counts = telemetry.export_counts[0]
    assert (counts.ended, counts.exported) == (1, 0), counts  # on a busy machine it may still be pending when given up
    return monotonic() - started


print(round(asyncio.run(stop()), 1))
waiting.join(2)  # seconds: twice what ours was given, and more than ten times less than the stock one takes
print(waiting.is_alive(), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
@pytest.mark.parametrize("what", ["force_flush", "shutdown"])
def test_the_end_waits_long_for_a_collector_that_is_gone(
    run_python: Any, unused_address: str, what: str, protocol: str
) -> None:
    result = run_python(PROGRAM, what, protocol, unused_address)

    assert result.returncode == 0, result.stderr
    ours, stock_waits = result.stdout.split()
    assert stock_waits == "True", FIXED
    assert float(ours) < 2


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
async def test_one_attempt_to_connect_gets_all_the_time_of_an_export(deaf: Any, protocol: str) -> None:
    """What is right: test_pipeline.py, "a collector that does not take the connection is tried again"."""
    url = f"http://{deaf.address}"
    stock = Grpc(url, insecure=True, timeout=3) if protocol == "grpc" else Http(f"{url}/v1/traces", timeout=3)
    exporting = asyncio.ensure_future(asyncio.to_thread(stock.export, []))
    while not exporting.done():
        deaf.attempts()
        await asyncio.sleep(0.01)

    assert (exporting.result().name, deaf.attempts()) == ("FAILURE", 1), FIXED
    stock.shutdown()
