from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.backends import BACKENDS
from shop.order.v1 import order_pb2
from telemetry.http import Receive, Scope, Send

KEY = "a key of the tests, of 32 bytes and more"

Gateway = tuple[Process, httpx.AsyncClient]


def environment(backends: dict[str, Any], **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LISTEN": "127.0.0.1:0",
        **{each.variable: backends[each.client.name].address for each in BACKENDS},
        "OTEL_TRACES_EXPORTER": "file",
        **more,
    }


@asynccontextmanager
async def running(environ: dict[str, str], folder: Path) -> AsyncIterator[tuple[Process, str, list[dict[str, Any]]]]:
    """Run the program until the test ends it; give it with its URL and the log lines that it has written so far."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", env=environ, cwd=folder, stdout=PIPE, stderr=PIPE
    )
    try:
        assert process.stdout is not None
        lines: list[dict[str, Any]] = []
        while not lines or not lines[-1]["message"].startswith("serving on "):
            lines.append(json.loads(await process.stdout.readline()))
        yield process, f"http://{lines[-1]['message'].removeprefix('serving on ')}", lines
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def gateway(backends: dict[str, Any], make_token: Callable[..., str], tmp_path: Path) -> AsyncIterator[Gateway]:
    environ = environment(backends, JWT_KEY=KEY)
    async with running(environ, tmp_path) as (process, url, _lines):
        headers = {"Authorization": f"Bearer {make_token()}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
            yield process, client


async def test_it_stops_well(
    gateway: Gateway, order_service: Any, make_order: Any, order_id: str, tmp_path: Path
) -> None:
    """Streams end, running requests finish, new ones are refused, spans are exported, the exit code is 0."""
    process, client = gateway
    slow_started, slow_may_end = asyncio.Event(), asyncio.Event()

    async def slow(_request: Any, _context: Any) -> order_pb2.CancelOrderResponse:
        slow_started.set()
        await slow_may_end.wait()
        return order_pb2.CancelOrderResponse(order=make_order(version=2))

    async def follow(_request: Any, context: Any) -> None:
        await context.write(order_pb2.WatchOrderResponse(order=make_order()))
        await asyncio.Event().wait()

    order_service.answers |= {"CancelOrder": slow, "WatchOrder": follow}
    request = asyncio.create_task(client.post(f"/v1/orders/{order_id}/cancel"))
    await slow_started.wait()
    async with client.stream("GET", f"/v1/orders/{order_id}/events") as response:
        lines = response.aiter_lines()
        assert await anext(lines) == "event: order.placed"

        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert [line async for line in lines if line.startswith("event:")] == []

    await refused(client.base_url)
    assert process.returncode is None
    slow_may_end.set()
    assert (await request).json()["status"] == "cancelled"

    assert await asyncio.wait_for(process.wait(), 8) == 0
    assert time.monotonic() - asked < 8
    exported = (tmp_path / "traces.jsonl").read_text()
    assert "POST /v1/orders/{order_id}/cancel" in exported
    assert "GET /v1/orders/{order_id}/events" in exported


async def refused(url: httpx.URL) -> None:
    """Return when the address refuses connections."""
    while True:
        try:
            _reader, writer = await asyncio.open_connection(url.host, url.port)
        except ConnectionRefusedError:
            return
        except ConnectionResetError:  # it was waiting to be taken when the server stopped taking any
            continue
        writer.close()
        await writer.wait_closed()


async def test_a_request_that_does_not_end_cannot_keep_it(gateway: Gateway, order_service: Any, order_id: str) -> None:
    process, client = gateway
    started = asyncio.Event()

    async def hang(_request: Any, _context: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    order_service.answers["GetOrder"] = hang
    request = asyncio.create_task(client.get(f"/v1/orders/{order_id}"))
    await started.wait()

    process.send_signal(signal.SIGTERM)

    assert await asyncio.wait_for(process.wait(), 8) == 0
    await asyncio.wait({request})
    request.exception()


async def test_ctrl_c_stops_it_too(gateway: Gateway) -> None:
    process, client = gateway
    assert (await client.get("/readyz")).status_code == 200

    process.send_signal(signal.SIGINT)

    assert await asyncio.wait_for(process.wait(), 8) == 0
    assert process.stderr is not None
    assert await process.stderr.read() == b""


async def test_its_answers_do_not_say_what_serves_them(gateway: Gateway) -> None:
    _process, client = gateway

    assert "server" not in (await client.get("/v1/users")).headers


async def test_what_a_proxy_header_says_is_not_believed(gateway: Gateway, user_service: Any) -> None:
    _process, client = gateway

    response = await client.get("/v1/users", headers={"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https"})

    assert response.status_code == 200
    assert "1.2.3.4" not in str(user_service.calls[0].metadata)


async def test_requests_are_logged_with_their_trace_and_tenant_and_without_their_token(
    backends: dict[str, Any], make_token: Callable[..., str], tmp_path: Path
) -> None:
    token = make_token()
    environ = environment(backends, JWT_KEY=KEY, LOG_LEVEL="DEBUG")
    async with running(environ, tmp_path) as (process, url, _lines):
        async with httpx.AsyncClient(base_url=url) as client:
            response = await client.get(f"/v1/users?access_token={token}", headers={"Authorization": f"Bearer {token}"})
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        logged = (await process.stdout.read()).decode()

    line = next(each for each in map(json.loads, logged.splitlines()) if each["logger"] == "gateway.access")
    assert line["message"].startswith("GET /v1/users 422 ")
    assert (line["trace_id"], line["tenant"]) == (response.headers["x-trace-id"], "acme")
    assert token not in logged
    assert KEY not in logged


@pytest.mark.usefixtures("user_service")
async def test_tokens_may_be_signed_by_an_issuer_elsewhere(
    backends: dict[str, Any], serve_app: Any, make_token: Callable[..., str], tmp_path: Path
) -> None:
    private = rsa.generate_private_key(65537, 2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True) | {"kid": "1"}

    async def issuer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps({"keys": [jwk]}).encode()})

    async with serve_app(issuer) as issuer_url:
        environ = environment(backends, JWKS_URL=issuer_url)
        async with running(environ, tmp_path) as (_process, url, _lines), httpx.AsyncClient(base_url=url) as client:
            tokens = [make_token(key=private, algorithm="RS256", kid="1"), make_token()]
            answers = [await client.get("/v1/users", headers={"Authorization": f"Bearer {each}"}) for each in tokens]

    assert [answer.status_code for answer in answers] == [200, 401]


async def run_to_end(environ: dict[str, str], folder: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", env=environ, cwd=folder, stdout=PIPE, stderr=PIPE
    )
    _out, error = await process.communicate()
    return process.returncode, error.decode()


async def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        code, error = await run_to_end({"JWT_KEY": KEY, "LISTEN": listen, "OTEL_TRACES_EXPORTER": "none"}, tmp_path)

    assert code == 2
    assert error == f"gateway: LISTEN='{listen}': the address cannot be bound: Address already in use\n"


async def test_a_missing_setting_is_one_clear_line(tmp_path: Path) -> None:
    code, error = await run_to_end({}, tmp_path)

    assert code == 2
    assert error.startswith("gateway: JWT_KEY is not set: expected a key of at least 32 bytes")
    assert error.count("\n") == 1
