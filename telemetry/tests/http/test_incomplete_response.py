"""An application that returns before its response is complete has failed, whatever the status says."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from opentelemetry.trace import StatusCode

from telemetry import Telemetry

START = {"type": "http.response.start", "status": 200, "headers": []}
PART = {"type": "http.response.body", "body": b"part", "more_body": True}


async def run(telemetry: Telemetry, *messages: dict[str, Any]) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        for message in messages:
            await send(dict(message))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        return

    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "http_version": "1.1",
        "scheme": "http", "server": ("test", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    await telemetry.asgi(app)(scope, receive, send)


@pytest.mark.parametrize(
    ("messages", "status"), [((), 500), ((START,), 200), ((START, PART), 200)], ids=["nothing", "start", "part"]
)
async def test_it_is_an_error_of_the_server(
    measured: Any, spans: list[Any], telemetry: Telemetry, messages: Any, status: int
) -> None:
    await run(telemetry, *messages)
    (span,) = spans
    assert span.status.status_code == StatusCode.ERROR
    assert span.attributes["http.response.status_code"] == status
    assert span.attributes["error.type"] == "incomplete_response"

    measuring, points = measured
    await run(measuring, *messages)
    (point,) = points("http.server.request.duration")
    assert point.attributes["error.type"] == "incomplete_response"
    assert point.attributes["error.class"] == "internal"


async def test_a_response_from_a_path_is_complete(spans: list[Any], telemetry: Telemetry) -> None:
    await run(telemetry, START, {"type": "http.response.pathsend", "path": "/file"})

    (span,) = spans
    assert span.status.status_code == StatusCode.UNSET
    assert "error.type" not in span.attributes


async def test_an_exception_after_the_response_began_is_internal_in_metrics(measured: Any) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send(dict(START))
        raise LookupError("broken")

    telemetry, points = measured
    transport = httpx.ASGITransport(telemetry.asgi(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/")

    (point,) = points("http.server.request.duration")
    assert (point.attributes["error.type"], point.attributes["error.class"]) == ("LookupError", "internal")
