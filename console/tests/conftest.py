from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from console.model import Attributes, Kind, Resource, Span, Status, Value
from console.otlp.spans import StoredSpan, decode_spans
from console.server import build
from console.settings import Settings
from console.store import TraceStore
from console.stores import Stores

DATA = Path(__file__).parent / "data"
START = 1_760_000_000_000_000_000
KINDS = list(Kind)
STATUSES = list(Status)


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture
def stores() -> Stores:
    return Stores()


@pytest.fixture
def store(stores: Stores) -> TraceStore:
    return stores.traces


@pytest.fixture
async def client(stores: Stores) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build(Settings(), stores).app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:16686") as connected:
        yield connected


PROGRAM = [sys.executable, "-m", "console"]


@dataclass
class Running:
    """A console as a process, and where it is."""

    process: subprocess.Popen[str]
    url: str

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """End it by a signal; give its exit code and the rest of its log."""
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=20)
        return self.process.returncode, log


@pytest.fixture(scope="session")
def environment() -> Callable[..., dict[str, str]]:
    """Give a function that makes the environment of a console on ports that are free."""

    def make(**variables: str) -> dict[str, str]:
        off = {"OTLP_HTTP_LISTEN": "off", "OTLP_GRPC_LISTEN": "off"}
        return {"PATH": os.environ["PATH"], "LISTEN": "127.0.0.1:0", **off, **variables}

    return make


@pytest.fixture(scope="session")
def running(environment: Callable[..., dict[str, str]]) -> Callable[..., AbstractContextManager[Running]]:
    """Give a function that runs a console with some variables while a block runs."""

    @contextmanager
    def run(**variables: str) -> Iterator[Running]:
        with subprocess.Popen(PROGRAM, env=environment(**variables), stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            try:
                assert process.stderr
                found = (re.search(r"console listens on (\S+)$", line) for line in process.stderr)
                yield Running(process, next(match[1] for match in found if match))
            finally:
                process.kill()

    return run


@pytest.fixture(scope="session")
def console(running: Callable[..., AbstractContextManager[Running]]) -> Iterator[Running]:
    """Give one that all tests may send to."""
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def make_span() -> Callable[..., Span]:
    """Make a span whose ids are small numbers and whose times are milliseconds after a fixed moment."""

    def make(  # noqa: PLR0913  a span has many fields
        trace: int = 1,
        span: int = 1,
        parent: int = 0,
        *,
        name: str = "work",
        service: str = "order",
        kind: Kind = Kind.INTERNAL,
        start: float = 0,
        duration: float = 10,
        attributes: Attributes | None = None,
        **more: object,
    ) -> Span:
        begins = START + int(start * 1e6)
        return Span(
            trace_id=f"{trace:032x}",
            span_id=f"{span:016x}",
            parent_id=f"{parent:016x}" if parent else "",
            name=name,
            kind=kind,
            start=begins,
            end=begins + int(duration * 1e6),
            resource=Resource(service),
            attributes=attributes or {},
            **more,  # type: ignore[arg-type]  # the remaining fields of Span, as a test gives them
        )

    return make


@pytest.fixture(scope="session")
def order_trace(make_span: Callable[..., Span]) -> list[Span]:
    """Give the trace that one order leaves."""
    grpc: Attributes = {"rpc.response.status_code": "OK"}
    sqlite: Attributes = {"db.system.name": "sqlite"}
    rows: list[tuple[int, str, str, Kind, float, float, Attributes]] = [
        (0, "gateway", "POST /v1/orders", Kind.SERVER, 0, 42.12, {"http.response.status_code": 201}),
        (1, "gateway", "shop.order.v1.OrderService/CreateOrder", Kind.CLIENT, 2, 38.5, grpc),
        (2, "order", "shop.order.v1.OrderService/CreateOrder", Kind.SERVER, 4, 34, grpc),
        (3, "order", "shop.user.v1.UserService/GetUser", Kind.CLIENT, 6, 14, grpc),
        (4, "user", "shop.user.v1.UserService/GetUser", Kind.SERVER, 8, 10, grpc),
        (5, "user", "SELECT users", Kind.CLIENT, 9, 5, sqlite),
        (3, "order", "INSERT orders", Kind.CLIENT, 24, 9, sqlite),
    ]
    return [
        make_span(
            trace=0x4BF92F3577B34DA6A3CE929D0E0E4736,
            span=index,
            parent=parent,
            name=name,
            service=service,
            kind=kind,
            start=start,
            duration=duration,
            attributes={"tenant.id": "acme", **attributes},
        )
        for index, (parent, service, name, kind, start, duration, attributes) in enumerate(rows, 1)
    ]


@pytest.fixture(scope="session")
def broken_orders(order_trace: list[Span]) -> Callable[[], list[list[Span]]]:
    """Make the traces of orders of the last four minutes; in the last of them none is stored.

    They pause before that minute is over, so that it makes no difference when a test asks for it.
    """
    good, broken = range(230, 60, -2), range(48, 12, -1)  # seconds ago

    def make() -> list[list[Span]]:
        now, run = time.time_ns(), uuid4().int >> 32
        return [
            _moved(order_trace, run + ago, now - ago * 1_000_000_000, fails=ago in broken) for ago in (*good, *broken)
        ]

    return make


def _moved(spans: list[Span], trace_id: int, start: int, *, fails: bool) -> list[Span]:
    """Give a trace another id and time; let its last span fail, and those that it is for."""
    moved = []
    for index, span in enumerate(spans):
        begins = start + span.start - spans[0].start
        status = Status.ERROR if fails and index in {0, 1, 2, 6} else span.status
        attributes = {**span.attributes, **({"error.type": "42P01"} if fails and index == 6 else {})}
        moved.append(
            replace(
                span,
                trace_id=f"{trace_id:032x}",
                start=begins,
                end=begins + span.duration,
                status=status,
                attributes=attributes,
            )
        )
    return moved


@pytest.fixture(scope="session")
def encode() -> Callable[[list[Span]], ExportTraceServiceRequest]:
    """Write spans as an exporter would, one resource and scope each."""

    def request_of(spans: list[Span]) -> ExportTraceServiceRequest:
        request = ExportTraceServiceRequest()
        for span in spans:
            group = request.resource_spans.add()
            group.resource.attributes.extend(_pairs({"service.name": span.service, **span.resource.attributes}))
            scoped = group.scope_spans.add()
            scoped.scope.name, scoped.scope.version = span.scope.name, span.scope.version
            scoped.scope.attributes.extend(_pairs(span.scope.attributes))
            scoped.spans.append(_message(span))
        return request

    return request_of


@pytest.fixture(scope="session")
def received(encode: Callable[[list[Span]], ExportTraceServiceRequest]) -> Callable[[list[Span]], list[StoredSpan]]:
    """Make of spans what a store takes, by the way that they come."""
    return lambda spans: decode_spans(encode(spans).SerializeToString()).items


def _message(span: Span) -> trace_pb2.Span:
    return trace_pb2.Span(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_id),
        name=span.name,
        kind=KINDS.index(span.kind),  # type: ignore[arg-type]  # the enumeration's numbers
        start_time_unix_nano=span.start,
        end_time_unix_nano=span.end,
        attributes=_pairs(span.attributes),
        events=[
            trace_pb2.Span.Event(name=event.name, time_unix_nano=event.time, attributes=_pairs(event.attributes))
            for event in span.events
        ],
        links=[
            trace_pb2.Span.Link(
                trace_id=bytes.fromhex(link.trace_id),
                span_id=bytes.fromhex(link.span_id),
                attributes=_pairs(link.attributes),
            )
            for link in span.links
        ],
        status=trace_pb2.Status(
            code=STATUSES.index(span.status),  # type: ignore[arg-type]  # the enumeration's numbers
            message=span.status_message,
        ),
        trace_state=span.trace_state,
    )


def _pairs(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: Value) -> AnyValue:
    written = AnyValue()
    if isinstance(value, list):
        written.array_value.SetInParent()
        written.array_value.values.extend(map(_any, value))
    elif isinstance(value, dict):
        written.kvlist_value.SetInParent()
        written.kvlist_value.values.extend(_pairs(value))
    elif value is not None:
        names = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value", bytes: "bytes_value"}
        setattr(written, names[type(value)], value)
    return written


@pytest.fixture(scope="session")
def sample() -> bytes:
    """Give an export request in JSON with everything that OTLP can say, and spans that are odd in every known way."""
    return (DATA / "order.otlp.json").read_bytes()
