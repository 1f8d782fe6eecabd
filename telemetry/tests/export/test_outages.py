"""What an outage of the collector costs the service: neither time nor memory."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from statistics import median
from time import perf_counter
from typing import Any

import pytest

from telemetry import BatchConfig, ExporterConfig, Telemetry, TelemetryConfig, configure

ROUNDS = 15
REQUESTS = 200
AT_ONCE = 4
LEAST = 0.0005  # seconds: below this a p99 says more of the machine than of us

# Other processes, so that no collector's work is taken for the service's: one answers at once, one a second late.
COLLECTOR = """
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        time.sleep(float(sys.argv[1]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def collector(delay: float) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(  # noqa: S603  the test's own program
        [sys.executable, "-c", COLLECTOR, str(delay)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}", process
        process.kill()
        process.wait()


class Service:
    """A small service with telemetry of its own, asked over and over without a network between."""

    def __init__(self, name: str, endpoint: str) -> None:
        exporter = ExporterConfig(endpoint=endpoint, timeout=2.0)
        batch = BatchConfig(schedule_delay=0.05, max_queue_size=1024, max_export_batch_size=256)
        self.telemetry = configure(TelemetryConfig(service_name=name, exporter=exporter, batch=batch))
        self.tracer = self.telemetry.tracer("tests")
        self.application = self.telemetry.asgi(self.answer)
        self.p99: list[float] = []

    async def answer(self, _scope: Any, _receive: Any, send: Any) -> None:
        for name in ("look it up", "work it out"):
            with self.tracer.start_as_current_span(name) as span:
                span.set_attribute("order.id", "o-1")
                await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async def request(self) -> float:
        scope = {"type": "http", "method": "GET", "path": "/work", "headers": [], "query_string": b""}
        started = perf_counter()
        await self.application(scope, _request, _ignore)
        return perf_counter() - started

    async def round(self) -> None:
        numbers, times = count(), list[float]()

        async def client() -> None:
            while next(numbers) < REQUESTS:
                times.append(await self.request())

        await asyncio.gather(*(client() for _client in range(AT_ONCE)))
        self.p99.append(sorted(times)[int(len(times) * 0.99)])


async def _request() -> dict[str, Any]:
    await asyncio.sleep(60)
    return {"type": "http.disconnect"}


async def _ignore(_message: Any) -> None:
    """Take what is sent."""


async def test_requests_are_not_slower_than_twice_their_usual_p99_while_the_collector_is_away_silent_or_slow(
    black_hole: str,
) -> None:
    with collector(0) as (well, _process), collector(1) as (slow, _slow), collector(0) as (doomed, victim):
        services = {
            "usual": Service("usual", well),
            "killed": Service("killed", doomed),
            "silent": Service("silent", f"http://{black_hole}"),
            "slow": Service("slow", slow),
        }
        for service in services.values():  # warms up; the doomed collector is killed while it is in use
            await service.round()
            service.p99.clear()
        victim.kill()
        for _round in range(ROUNDS):  # side by side, so that what else the machine does hits all alike
            for service in services.values():
                await service.round()
        counts = {name: service.telemetry.export_counts[0] for name, service in services.items()}
        await asyncio.gather(*(service.telemetry.ashutdown(0.5) for service in services.values()))

    usual = max(median(services["usual"].p99), LEAST)
    ratios = {name: round(median(service.p99) / usual, 2) for name, service in services.items()}
    assert max(ratios.values()) <= 2, ratios
    assert all(each.ended == 3 * REQUESTS * (ROUNDS + 1) for each in counts.values())
    assert counts["usual"].failed == 0
    assert counts["silent"].exported == 0
    assert counts["silent"].dropped > 0


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_an_hours_spans_against_a_dead_collector_take_less_than_64_mib(run_python: Any, protocol: str) -> None:
    result = run_python(
        """
import sys
import psutil
from telemetry import ExporterConfig, TelemetryConfig, configure

telemetry = configure(
    TelemetryConfig(service_name="long", exporter=ExporterConfig(endpoint=sys.argv[1], protocol=sys.argv[2]))
)
tracer, process = telemetry.tracer("tests"), psutil.Process()
attributes = {f"key.{number}": "a value of some length" for number in range(10)}


def minutes(count):
    for number in range(count * 60 * 20):  # twenty a second
        span = tracer.start_span("work", attributes=attributes)
        span.add_event("done", {"number": number})
        span.end()


minutes(1)
before, most = process.memory_info().rss, 0
for _part in range(12):
    minutes(5)
    most = max(most, process.memory_info().rss)
counts = telemetry.export_counts[0]
assert counts.ended == 61 * 60 * 20
assert counts.dropped > 60_000, counts
assert counts.pending <= 2048 + 512, counts
print((most - before) // 2**20)
telemetry.shutdown(0.2)
""",
        f"http://{unused()}",
        protocol,
    )

    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 64


def test_one_span_cannot_grow_without_bounds() -> None:
    telemetry = Telemetry(TelemetryConfig(service_name="large", exporter=ExporterConfig(kind="none")))
    span: Any = telemetry.tracer("tests").start_span("work")
    for number in range(1000):
        span.set_attribute(f"key.{number}", "x" * 100_000)
        span.add_event(f"event {number}", {"text": "x" * 100_000})
    span.end()

    assert len(span.attributes) == len(span.events) == 128
    assert {len(value) for value in span.attributes.values()} == {8192}
    assert {len(event.attributes["text"]) for event in span.events} == {8192}


def unused() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
