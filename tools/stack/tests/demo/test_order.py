from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stack.demo import order
from stack.demo.order import WHOLE_TRACE, OrderError, place_order, wait_for_trace
from stack.ports import HOST, free_ports

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
Serve = Callable[[int, object], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answers every request with the same status and document."""
    servers: list[tuple[HTTPServer, threading.Thread]] = []

    def start(status: int, document: object) -> str:
        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            do_POST = do_GET  # noqa: N815  http.server's own names

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer((HOST, 0), Answers)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        servers.append((server, thread))
        return f"http://{HOST}:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def jaeger_trace(lines: tuple[tuple[int, str, str], ...]) -> object:
    """What Jaeger answers for a trace of these lines: depth, service, name."""
    spans, above = [], ["caller"]
    for number, (depth, service, name) in enumerate(lines):
        span_id = f"{number + 1:016x}"
        above = [*above[: depth + 1], span_id]
        spans.append(
            {
                "traceID": TRACE_ID,
                "spanID": span_id,
                "operationName": name,
                "references": [{"refType": "CHILD_OF", "traceID": TRACE_ID, "spanID": above[depth]}],
                "startTime": 1_795_475_606_877_688 + number,
                "duration": 100,
                "tags": [],
                "logs": [],
                "processID": service,
                "warnings": None,
            }
        )
    processes = {service: {"serviceName": service, "tags": []} for _depth, service, _name in lines}
    return {"data": [{"traceID": TRACE_ID, "spans": spans, "processes": processes}]}


def test_a_whole_trace_is_given(serve: Serve) -> None:
    trace = wait_for_trace(serve(200, jaeger_trace(WHOLE_TRACE)), TRACE_ID)

    assert len(trace.spans) == len(WHOLE_TRACE)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (WHOLE_TRACE[:-1], "6 of 7 spans\n  missing: order INSERT orders"),
        ((*WHOLE_TRACE, (1, "gateway", "connect")), "8 of 7 spans\n  not expected: gateway connect"),
        ((*WHOLE_TRACE[:6], (1, "order", "INSERT orders")), "missing: order INSERT orders"),  # at another place
    ],
)
def test_what_differs_is_told(
    serve: Serve, lines: tuple[tuple[int, str, str], ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "_TRACE_WITHIN", 0.1)

    with pytest.raises(OrderError) as failure:
        wait_for_trace(serve(200, jaeger_trace(lines)), TRACE_ID)

    assert "the trace is not whole after 0.1 s" in str(failure.value)
    assert said in str(failure.value)


def test_a_trace_that_never_comes_is_told(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "_TRACE_WITHIN", 0.1)

    with pytest.raises(OrderError, match="0 of 7 spans"):
        wait_for_trace(serve(404, {"data": None}), TRACE_ID)


def test_waiting_ends_when_a_program_has_died(serve: Serve) -> None:
    def check() -> None:
        raise RuntimeError("user ended")

    with pytest.raises(RuntimeError, match="user ended"):
        wait_for_trace(serve(404, {"data": None}), TRACE_ID, check)


def test_a_refusal_is_shown(serve: Serve) -> None:
    with pytest.raises(OrderError, match=r'POST /v1/users: 503 \{"title": "Service unavailable"\}'):
        place_order(serve(503, {"title": "Service unavailable"}), "token")


def test_a_gateway_that_is_not_there_is_told() -> None:
    (port,) = free_ports(1)

    with pytest.raises(OrderError, match=r"POST /v1/users: .*refused"):
        place_order(f"http://{HOST}:{port}", "token")
