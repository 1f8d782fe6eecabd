from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.limits import LARGEST_BODY
from gateway.settings import Settings
from telemetry.http import ASGIApp

JSON = {"content-type": "application/json"}


def body_of(size: int) -> bytes:
    empty = len(json.dumps({"email": "ada@example.com", "name": ""}))
    return json.dumps({"email": "ada@example.com", "name": "x" * (size - empty)}).encode()


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_body_over_1_mib_is_refused(client: httpx.AsyncClient, user_service: Any, *, streamed: bool) -> None:
    content = body_of(LARGEST_BODY + 1)

    response = await client.post("/v1/users", content=chunks(content) if streamed else content, headers=JSON)

    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["connection"] == "close"
    assert response.json()["title"] == "Body too large"
    assert response.json()["trace_id"] == response.headers["x-trace-id"]
    assert user_service.calls == []


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_body_of_1_mib_is_read(client: httpx.AsyncClient, *, streamed: bool) -> None:
    content = body_of(LARGEST_BODY)

    response = await client.post("/v1/users", content=chunks(content) if streamed else content, headers=JSON)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/name"


@pytest.mark.parametrize("declared", [False, True])
async def test_who_sends_it_all_before_he_listens_hears_why_it_is_refused(
    app: ASGIApp, serve_app: Callable[..., Any], make_token: Callable[..., str], *, declared: bool
) -> None:
    length = f"Content-Length: {8 * LARGEST_BODY}" if declared else "Transfer-Encoding: chunked"
    head = (
        "POST /v1/users HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {make_token()}\r\n{length}\r\n\r\n"
    )
    part = b"x" * LARGEST_BODY
    async with serve_app(app) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(head.encode())
        for _ in range(8):
            writer.write(part if declared else b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
        writer.write(b"" if declared else b"0\r\n\r\n")
        await writer.drain()

        response = await reader.read()
        writer.close()

    assert response.startswith(b"HTTP/1.1 413 ")
    assert response.endswith(b"}")


class TestSlowBody:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, request_timeout=0.2)

    async def test_a_body_that_does_not_arrive_in_time_is_refused(
        self, app: ASGIApp, serve_app: Callable[..., Any], make_token: Callable[..., str]
    ) -> None:
        async with serve_app(app) as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
            head = (
                "POST /v1/users HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 50\r\n"
                f"Authorization: Bearer {make_token()}\r\n\r\n"
            )
            writer.write(head.encode() + b'{"email":')

            response = await reader.read()
            writer.close()

        assert response.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in response
        assert b'"detail":"the body took too long to arrive"' in response

    async def test_a_body_over_the_limit_does_not_keep_the_connection(
        self, app: ASGIApp, serve_app: Callable[..., Any]
    ) -> None:
        async with serve_app(app) as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
            writer.write(b"POST /v1/users HTTP/1.1\r\nHost: gateway\r\nContent-Length: 99999999\r\n\r\n")

            response = await reader.read()
            writer.close()

        assert response.startswith(b"HTTP/1.1 413 ")
