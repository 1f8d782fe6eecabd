"""Traces made by hand, and a server that answers as Jaeger does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any, Protocol

import pytest
from program_fixtures import serve_grpc

from tracetest import Span, Trace

__all__ = ["serve_grpc"]  # shared with telemetry's tests

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@dataclass(frozen=True)
class Made:
    """A span to be, with its children."""

    span: Span
    children: tuple[Made, ...]


class Make(Protocol):
    def __call__(self, service: str, name: str, *children: Made, **fields: Any) -> Made: ...


class TraceOf(Protocol):
    def __call__(self, *roots: Made) -> Trace: ...


@pytest.fixture
def made() -> Make:
    """Give a function that makes a span with its children, each starting after the one before."""
    numbers = count(1)

    def make(service: str, name: str, *children: Made, **fields: Any) -> Made:
        given: dict[str, Any] = {"kind": "INTERNAL", "status": "UNSET", "parent_id": None, "duration": 1} | fields
        span = Span(service=service, name=name, span_id=f"{next(numbers):016x}", start=0, **given)
        return Made(span, children)

    return make


@pytest.fixture
def trace_of() -> TraceOf:
    """Give a function that makes a trace of what `made` has made."""

    def trace(*roots: Made) -> Trace:
        starts = count(1)

        def spans(each: Made, parent_id: str | None) -> Iterator[Span]:
            yield replace(each.span, parent_id=parent_id, start=next(starts))
            for child in each.children:
                yield from spans(child, each.span.span_id)

        return Trace(TRACE_ID, tuple(span for root in roots for span in spans(root, root.span.parent_id)))

    return trace


@dataclass
class Answers:
    """What the server answers, one after the other, the last again and again; a status alone has no body.

    Attributes:
        asked: The path of each request.
    """

    url: str
    script: list[int | Mapping[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def spans(self, *documents: Mapping[str, Any]) -> None:
        """Add an answer: a trace of these spans."""
        processes = {"p1": {"serviceName": "order", "tags": []}}
        self.script.append({"data": [{"traceID": TRACE_ID, "spans": documents, "processes": processes}]})


@pytest.fixture
def answers() -> Iterator[Answers]:
    """Give a server whose answers a test decides."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given.asked.append(self.path)
            answer = given.script.pop(0) if len(given.script) > 1 else given.script[0]
            body = b"" if isinstance(answer, int) else json.dumps(answer).encode()
            self.send_response(answer if isinstance(answer, int) else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    given = Answers(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield given
    server.shutdown()
    thread.join()
    server.server_close()


class Document(Protocol):
    def __call__(self, span_id: str, parent_id: str | None = None, **tags: str) -> dict[str, Any]: ...


@pytest.fixture
def document() -> Document:
    """Give a function that makes a span as Jaeger gives it, of the service "order"."""

    def make(span_id: str, parent_id: str | None = None, **tags: str) -> dict[str, Any]:
        return {
            "traceID": TRACE_ID,
            "spanID": span_id,
            "operationName": f"span {span_id}",
            "processID": "p1",
            "startTime": 1,
            "duration": 1,
            "logs": None,
            "references": [{"refType": "CHILD_OF", "traceID": TRACE_ID, "spanID": parent_id}] if parent_id else [],
            "tags": [{"key": key.replace("_", "."), "value": value} for key, value in tags.items()],
        }

    return make
