"""``python -m stack.bench_console``: how the console stands a flood of spans while the services run beside it.

Sends spans at a steady rate and asks the APIs meanwhile. Exits with 1 when a span was lost, or when one answer in a
hundred took longer than it may.
"""

from __future__ import annotations

import argparse
import itertools
import re
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from stack.demo.order import OrderError, place_order
from stack.local import LocalStack
from stack.ports import Ports
from stack.probes.readiness import http_answers
from stack.processes.program import ProcessError, Program, module
from telemetry import ConfigError

SERVICE = "flood"

_SPANS_A_TRACE, _TRACES_A_REQUEST = 10, 50
_SLOWEST_MS = {"/": 200.0}  # a page is for eyes
_SLOWEST_API_MS = 50.0
_SECONDS_BETWEEN_QUESTIONS, _SECONDS_BETWEEN_ORDERS = 0.05, 0.5
_LIMITS = {"MAX_SPANS": "500000", "MAX_TRACES": "100000", "MAX_MEMORY_MIB": "2048"}
_PATHS = (
    "/api/services",
    "/api/operations?service=gateway",
    "/api/traces?service=gateway&limit=20",
    "/api/traces/{trace_id}",
    "/api/v3/traces/{trace_id}",
    "/api/dependencies?endTs={now}&lookback=3600000",
    "/",
)
_TIME = b"\x01time..\x01"
_HEADERS = {"content-type": "application/x-protobuf"}


class Flood:
    """Sends requests of 500 spans, ten a trace, at a steady rate.

    Attributes:
        sent: How many spans were taken.
        refused: How many requests were not.
        late: Seconds that the last request was behind its time.
        trace_id: Of a trace that was sent lately.
    """

    def __init__(self, url: str, rate: int, seconds: float) -> None:
        self._url = url
        self._between = _SPANS_A_TRACE * _TRACES_A_REQUEST / rate
        self._requests = round(seconds / self._between)
        self._request = _Request()
        self.sent = self.refused = 0
        self.late = 0.0
        self.trace_id = ""

    def run(self, progress: Progress) -> None:
        """Send all; returns when the last one is answered."""
        begins = time.monotonic()
        with httpx.Client(trust_env=False, timeout=30.0) as client:
            for number in progress.track(range(self._requests), description="spans are sent"):
                early = begins + number * self._between - time.monotonic()
                if early > 0:
                    time.sleep(early)
                self.late = max(0.0, -early)
                self._send(client)

    def _send(self, client: httpx.Client) -> None:
        ids = [secrets.token_bytes(16) for _ in range(_TRACES_A_REQUEST)]
        answer = client.post(f"{self._url}/v1/traces", content=self._request.body(ids), headers=_HEADERS)
        if answer.status_code == httpx.codes.OK and not answer.content:
            self.sent += _SPANS_A_TRACE * _TRACES_A_REQUEST
            self.trace_id = ids[0].hex()
        else:
            self.refused += 1


class _Request:
    """A request that is encoded once: to encode each anew would measure the sender."""

    def __init__(self) -> None:
        marks = [f"trace {number:010}".encode() for number in range(_TRACES_A_REQUEST)]
        spans = [_span(mark, place) for mark in marks for place in range(_SPANS_A_TRACE)]
        resource = Resource(attributes=[_pair("service.name", SERVICE)])
        group = ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=spans)])
        self._template = ExportTraceServiceRequest(resource_spans=[group]).SerializeToString()
        self._ids = [_places(self._template, mark) for mark in marks]
        self._times = _places(self._template, _TIME)

    def body(self, ids: list[bytes]) -> bytes:
        """Give the request with these traces, all of whose spans begin now."""
        body, now = bytearray(self._template), time.time_ns().to_bytes(len(_TIME), "little")
        for trace_id, places in zip(ids, self._ids, strict=True):
            for place in places:
                body[place : place + len(trace_id)] = trace_id
        for place in self._times:
            body[place : place + len(now)] = now
        return bytes(body)


def _span(trace_id: bytes, place: int) -> Span:
    attributes = {
        "tenant.id": "acme",
        "http.route": "/v1/orders/{order_id}",
        "http.request.method": "GET",
        "server.address": "gateway.internal",
        "url.path": "/v1/orders/0199b6f7-3a51-7c1e-9d53-1f6a4b0c2d3e",
        "user_agent.original": "python-httpx/0.28.1",
        "network.protocol.version": "1.1",
        "http.response.status_code": "200",
    }
    time_ = int.from_bytes(_TIME, "little")
    return Span(
        trace_id=trace_id,
        span_id=(place + 1).to_bytes(8, "big"),
        parent_span_id=place.to_bytes(8, "big") if place else b"",
        name="GET /v1/orders/{order_id}",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=time_,
        end_time_unix_nano=time_,
        attributes=[_pair(key, value) for key, value in attributes.items()],
    )


def _pair(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _places(body: bytes, mark: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(mark), body)]


class Questions:
    """Asks the APIs and the page, one after the other, again and again, and notes how long each takes.

    Attributes:
        milliseconds: How long the answers took, by path.
    """

    def __init__(self, url: str, flood: Flood) -> None:
        self._url = url
        self._flood = flood
        self.milliseconds: defaultdict[str, list[float]] = defaultdict(list)

    def ask(self, until: threading.Event) -> None:
        """Ask until told to stop."""
        with httpx.Client(base_url=self._url, trust_env=False, timeout=30.0) as client:
            for path in itertools.cycle(_PATHS):
                if until.wait(_SECONDS_BETWEEN_QUESTIONS):
                    return
                began = time.perf_counter()
                answer = client.get(path.format(trace_id=self._flood.trace_id, now=round(time.time() * 1000)))
                if answer.is_success:
                    self.milliseconds[path].append((time.perf_counter() - began) * 1000)


def main(arguments: list[str]) -> int:
    """Run; give the exit code."""
    parser = argparse.ArgumentParser(prog="bench-console", description=__doc__)
    parser.add_argument("--rate", type=int, default=5_000, help="spans a second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long (%(default)s)")
    given = parser.parse_args(arguments)
    screen = Console()
    try:
        with tempfile.TemporaryDirectory(prefix="throughline-") as folder, ExitStack() as running:
            url, stack = _start(Path(folder), running, screen)
            flood = Flood(url, given.rate, given.seconds)
            questions = Questions(url, flood)
            with _meanwhile(questions.ask), _meanwhile(partial(_order, stack)), Progress(console=screen) as progress:
                began = time.monotonic()
                flood.run(progress)
                seconds = time.monotonic() - began
            usage = httpx.get(f"{url}/api/usage", trust_env=False).json()["traces"]
    except (ConfigError, ProcessError, OrderError, httpx.HTTPError) as error:
        sys.stderr.write(f"bench-console: {error}\n")
        return 2
    lost = flood.sent - usage["spans_by_service"].get(SERVICE, 0)
    return _report(screen, flood, seconds, lost, questions)


def _start(folder: Path, running: ExitStack, screen: Console) -> tuple[str, LocalStack]:
    """Start a console that has room for all, and the services; `running` stops them."""
    ports = Ports.free()
    url = f"http://{ports.address('console')}"
    off = {"OTLP_HTTP_LISTEN": "off", "OTLP_GRPC_LISTEN": "off"}
    console = Program(
        name="console",
        command=module("console"),
        environment={"LISTEN": ports.address("console"), **off, **_LIMITS},
        log=folder / "console.log",
        is_ready=partial(http_answers, f"{url}/livez"),
    )
    running.callback(console.stop)
    console.start()
    console.wait_ready()
    stack = LocalStack(folder, otlp_url=url, ports=ports, progress=lambda text: screen.print(f"- {text}", style="dim"))
    return url, running.enter_context(stack)


@contextmanager
def _meanwhile(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do it in a thread while the block runs; what it raises is raised at the end."""
    done = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(work, done)
        try:
            yield
        finally:
            done.set()
        working.result()


def _order(stack: LocalStack, until: threading.Event) -> None:
    token = stack.token("acme", scope="trace")
    while not until.wait(_SECONDS_BETWEEN_ORDERS):
        place_order(stack.gateway_url, token)


def _report(screen: Console, flood: Flood, seconds: float, lost: int, questions: Questions) -> int:
    table = Table("answers, in ms", "asked", "p50", "p99", "slowest", title="while spans came")
    too_slow = False
    for path, taken in questions.milliseconds.items():
        p50, p99 = (statistics.quantiles(taken, n=100, method="inclusive")[share - 1] for share in (50, 99))
        too_slow |= p99 > _SLOWEST_MS.get(path, _SLOWEST_API_MS)
        table.add_row(path, str(len(taken)), *(f"{each:.1f}" for each in (p50, p99, max(taken))))
    screen.print(table)
    rate = flood.sent / seconds
    screen.print(f"{flood.sent} spans in {seconds:.1f} s, {rate:.0f} a second; {lost} lost; ", end="")
    screen.print(f"{flood.refused} requests refused; {flood.late:.2f} s behind at the end")
    return int(bool(lost or flood.refused or too_slow))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
