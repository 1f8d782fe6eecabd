from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
import httpx
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from stack.ports import HOST, free_ports
from stack.probes.polling import NotInTimeError
from stack.probes.readiness import grpc_serves, http_answers, until_answered, until_ready


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer((HOST, 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "ready"), [(200, True), (404, False), (503, False)])
def test_http_is_ready_when_it_answers_with_success(url: str, status: int, ready: bool) -> None:  # noqa: FBT001
    assert http_answers(f"{url}/{status}") is ready


def test_a_proxy_of_the_environment_is_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert http_answers(f"{url}/200")


def test_nobody_there_is_not_ready() -> None:
    (port,) = free_ports(1)

    assert not http_answers(f"http://{HOST}:{port}/")
    assert not grpc_serves(f"{HOST}:{port}", "")


async def test_grpc_is_ready_when_its_service_serves() -> None:
    servicer = health.aio.HealthServicer()
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    await servicer.set("up", health_pb2.HealthCheckResponse.SERVING)
    await servicer.set("down", health_pb2.HealthCheckResponse.NOT_SERVING)

    def ask() -> list[bool]:
        return [grpc_serves(f"{HOST}:{port}", service) for service in ("up", "down", "unknown")]

    assert await asyncio.to_thread(ask) == [True, False, False]
    await server.stop(None)


def gateway(*statuses: int) -> httpx.AsyncClient:
    """Give a client whose requests are answered with these, one after another, the last one for ever."""
    left = list(statuses)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(left.pop(0) if len(left) > 1 else left[0], text=f"{request.method} {request.url.path}")

    return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://gateway")


async def test_a_gateway_that_reaches_all_again_is_ready() -> None:
    async with gateway(503, 503, 200) as http:
        await until_ready(http)


async def test_what_was_answered_last_is_told_when_it_is_never_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.probes.readiness._WITHIN", 0.0)

    async with gateway(503) as http:
        with pytest.raises(NotInTimeError, match=r"found last: \(503, 'POST /v1/orders'\)"):
            await until_answered(http, {404}, "POST", "/v1/orders")
