from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket, WebSocketDisconnect, WebSocketException
from opentelemetry.trace import StatusCode

from telemetry import Telemetry
from telemetry.http import Message

LABELS = ("http.route", "http.response.status_code", "websocket.close.code", "error.type")


async def connect(app: Any, path: str, *messages: Message) -> list[Message]:
    """Connect to an application, send it the messages, and give what it sent."""
    waiting: asyncio.Queue[Message] = asyncio.Queue()
    sent: list[Message] = []
    for message in ({"type": "websocket.connect"}, *messages):
        waiting.put_nowait(message)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": path, "headers": [], "scheme": "ws", "query_string": b"", "subprotocols": []}
    await app(scope, waiting.get, send)
    return sent


def text(message: str) -> Message:
    return {"type": "websocket.receive", "text": message}


async def test_a_connection_is_one_span_from_connect_to_close(
    telemetry: Telemetry, spans: list[Any], api: FastAPI
) -> None:
    @api.websocket("/rooms/{room}")
    async def talk(socket: WebSocket, room: str) -> None:
        await socket.accept()
        for _message in range(2):
            await socket.send_text(room + await socket.receive_text())
        assert not spans
        await socket.close(1000)

    sent = await connect(telemetry.asgi(api), "/rooms/1", text("a"), text("b"))

    (span,) = spans
    assert (span.name, span.status.status_code) == ("GET /rooms/{room}", StatusCode.UNSET)
    assert span.attributes["http.route"] == "/rooms/{room}"
    assert span.attributes["http.response.status_code"] == 101
    assert span.attributes["websocket.close.code"] == 1000
    assert span.attributes["url.scheme"] == "ws"
    assert (b"x-trace-id", f"{span.context.trace_id:032x}".encode()) in sent[0]["headers"]


async def test_a_client_that_leaves_gives_the_code(telemetry: Telemetry, spans: list[Any], api: FastAPI) -> None:
    @api.websocket("/")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()

    with pytest.raises(Exception, match="1001"):
        await connect(telemetry.asgi(api), "/", {"type": "websocket.disconnect", "code": 1001})

    assert spans[0].attributes["websocket.close.code"] == 1001
    assert spans[0].status.status_code is StatusCode.UNSET
    assert not spans[0].events


async def test_a_refused_connection_tells_its_status(telemetry: Telemetry, spans: list[Any], api: FastAPI) -> None:
    @api.websocket("/")
    async def refuse(_socket: WebSocket) -> None:
        raise WebSocketException(1008)

    await connect(telemetry.asgi(api), "/")

    assert spans[0].attributes["http.response.status_code"] == 403
    assert "websocket.close.code" not in spans[0].attributes
    assert spans[0].status.status_code is StatusCode.UNSET


@pytest.mark.parametrize("accepts", ["accepted", ""])
async def test_an_uncaught_exception_is_an_error(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, accepts: str
) -> None:
    @api.websocket("/")
    async def fail(socket: WebSocket) -> None:
        if accepts:
            await socket.accept()
        raise RuntimeError("bug")

    with pytest.raises(RuntimeError):
        await connect(telemetry.asgi(api), "/")

    assert spans[0].status.status_code is StatusCode.ERROR
    assert spans[0].attributes["error.type"] == "RuntimeError"
    assert spans[0].attributes["http.response.status_code"] == (101 if accepts else 500)
    assert [event.name for event in spans[0].events] == ["exception"]


async def test_a_close_that_tells_of_a_failure_is_an_error(
    telemetry: Telemetry, spans: list[Any], api: FastAPI
) -> None:
    @api.websocket("/")
    async def fail(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close(1011)

    await connect(telemetry.asgi(api), "/")

    assert spans[0].status.status_code is StatusCode.ERROR


async def test_how_long_a_connection_lasted_is_measured_with_how_it_ended(measured: Any, api: FastAPI) -> None:
    telemetry, points = measured

    @api.websocket("/rooms/{room}")
    async def talk(socket: WebSocket, room: str) -> None:
        if room == "closed":
            raise WebSocketException(1008)
        await socket.accept()
        if room == "broken":
            raise RuntimeError("bug")
        with suppress(WebSocketDisconnect):
            while True:
                await socket.receive_text()

    app = telemetry.asgi(api)
    leave = {"type": "websocket.disconnect", "code": 1001}
    await connect(app, "/rooms/1", text("a"), leave)
    await connect(app, "/rooms/2", leave)
    await connect(app, "/rooms/closed")
    with pytest.raises(RuntimeError):
        await connect(app, "/rooms/broken")
    for code in range(3000, 3100):
        await connect(app, "/rooms/3", {"type": "websocket.disconnect", "code": code})

    found = {
        tuple(point.attributes.get(name) for name in LABELS): point.count
        for point in points("websocket.server.connection.duration")
    }
    assert found == {
        ("/rooms/{room}", 101, "1001", None): 2,
        ("/rooms/{room}", 403, None, None): 1,
        ("/rooms/{room}", 101, "1011", "RuntimeError"): 1,
        ("/rooms/{room}", 101, "_OTHER", None): 100,
    }
    assert not points("http.server.request.duration")


async def test_the_exemplar_of_a_connection_is_its_own_span(measured: Any, api: FastAPI) -> None:
    telemetry, points = measured

    @api.websocket("/")
    async def close(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close(1011)

    sent = await connect(telemetry.asgi(api), "/")

    (point,) = points("websocket.server.connection.duration")
    assert point.attributes["error.type"] == "1011"
    ((_name, trace_id),) = sent[0]["headers"]
    assert [f"{each.trace_id:032x}" for each in point.exemplars] == [trace_id.decode()]
