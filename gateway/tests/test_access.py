from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from gateway.access import AccessLog
from telemetry.http import Receive, Scope, Send
from telemetry.logs.fields import describe
from telemetry.logs.formatter import JsonFormatter


async def test_each_request_is_one_line_without_its_query(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.access")

    await client.get("/v1/users?limit=1")
    await client.get("/nothing%0Ahere?secret=1")
    await client.get("/livez")
    await client.get("/readyz")

    lines = [record.getMessage() for record in caplog.records if record.name == "gateway.access"]
    assert [line.rsplit(" ", 2)[0] for line in lines] == ["GET /v1/users 200", "GET /nothing%0Ahere 404"]


async def test_the_same_is_in_fields_with_the_names_of_the_span_s(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.access")

    await client.get("/v1/users")

    extra = describe(caplog.records[-1]).extra
    assert isinstance(extra.pop("duration"), float)
    assert extra == {
        "http.request.method": "GET",
        "http.route": "/v1/users",
        "http.response.status_code": 200,
        "url.path": "/v1/users",
        "client.address": "127.0.0.1",
    }


async def test_what_looks_like_a_secret_in_the_path_is_not_shown(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.access")

    await client.get("/v1/users/jane@example.com")

    assert "jane" not in JsonFormatter("gateway").format(caplog.records[-1])


@pytest.mark.parametrize(("status", "level"), [(404, logging.INFO), (503, logging.ERROR)])
async def test_a_failure_of_the_server_is_logged_as_an_error(
    caplog: pytest.LogCaptureFixture, status: int, level: int
) -> None:
    caplog.set_level(logging.INFO, "gateway.access")

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport: Any = httpx.ASGITransport(AccessLog(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/")

    assert caplog.records[-1].levelno == level
