"""A client that goes away: seen by the routes, by the services that they call, and by the spans."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Any

import grpc
import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import StreamingResponse
from grpc import aio
from opentelemetry.trace import StatusCode

from telemetry import Telemetry
from telemetry.http import Message, Receive, Scope, Send


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET /work HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /work HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc",
        b"POST /work HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
    ids=["without a body", "with a body", "chunked"],
)
@pytest.mark.parametrize("reads", ["read", ""], ids=["body read", "body left"])
async def test_the_work_of_a_client_that_left_is_cancelled(  # noqa: PLR0913, PLR0917  fixtures and parameters
    telemetry: Telemetry,
    spans: list[Any],
    until: Any,
    api: FastAPI,
    serve_app: Any,
    leave: Any,
    request_text: bytes,
    reads: str,
) -> None:
    started, cancelled_at = asyncio.Event(), []

    @api.api_route("/work", methods=["GET", "POST"])
    async def work(request: Request) -> None:
        if reads:
            await request.body()
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled_at.append(perf_counter())
            raise

    async with serve_app(telemetry.asgi(api)) as address:
        left_at = await leave(address, started, request_text)
        await until(lambda: spans)

    assert cancelled_at[0] - left_at < 1
    (span,) = spans
    assert span.status.status_code is StatusCode.UNSET
    assert span.attributes["error.type"] == "cancelled"
    assert "http.response.status_code" not in span.attributes
    assert not span.events


async def test_it_is_cancelled_at_each_service_behind_within_a_tenth_of_a_second(  # noqa: PLR0913, PLR0917  fixtures
    telemetry: Telemetry, ended: Any, api: FastAPI, serve_app: Any, serve_call: Any, leave: Any
) -> None:
    started, cancelled_at = asyncio.Event(), dict[str, float]()

    async def note(name: str, work: Any) -> bytes:
        try:
            return bytes(await work)
        except asyncio.CancelledError:
            cancelled_at[name] = perf_counter()
            raise

    async def hang() -> bytes:
        started.set()
        return await asyncio.Future[bytes]()

    async def get_user(_request: bytes, _context: Any) -> bytes:
        return await note("user", hang())

    async def create_order(_request: bytes, _context: Any) -> bytes:
        return await note("order", call(users))

    @api.get("/work")
    async def work() -> None:
        await note("gateway", call(orders))

    seconds = []
    async with (
        telemetry.channel(await serve_call(get_user)) as users,
        telemetry.channel(await serve_call(create_order)) as orders,
        serve_app(telemetry.asgi(api)) as address,
    ):
        for number in range(3):  # on a machine that has other work to do, one of them may be late
            started.clear()
            left_at = await leave(address, started)
            spans = await ended(5 * (number + 1))
            seconds.append(max(cancelled_at.values()) - left_at)

    assert set(cancelled_at) == {"gateway", "order", "user"}
    assert min(seconds) < 0.1
    calls = [span for span in spans if span.name == "test.Service/Call"]
    assert [span.attributes["rpc.response.status_code"] for span in calls] == ["CANCELLED"] * 12
    assert len({span.context.trace_id for span in spans}) == 3


def call(channel: aio.Channel) -> Any:
    method: Any = channel.unary_unary("/test.Service/Call")
    return method(b"")


@pytest.fixture
async def serve_call(telemetry: Telemetry, serve_grpc: Any) -> AsyncIterator[Any]:
    """Give a function that serves a handler as ``test.Service/Call``, traced, and gives the address."""

    async def serve(handler: Any) -> str:
        called: Any = grpc.unary_unary_rpc_method_handler(handler)
        address: str = await running.enter_async_context(serve_grpc(telemetry.server(), Call=called))
        return address

    async with AsyncExitStack() as running:
        yield serve


async def test_a_response_that_streams_ends_when_its_client_leaves(  # noqa: PLR0913, PLR0917  fixtures
    telemetry: Telemetry, spans: list[Any], until: Any, api: FastAPI, serve_app: Any, leave: Any
) -> None:
    started, closed = asyncio.Event(), asyncio.Event()

    @api.get("/work")
    async def stream() -> StreamingResponse:
        async def chunks() -> Any:
            try:
                yield b"first"
                started.set()
                await asyncio.Event().wait()
            finally:
                closed.set()

        return StreamingResponse(chunks())

    async with serve_app(telemetry.asgi(api)) as address:
        await leave(address, started)
        await asyncio.wait_for(closed.wait(), 1)
        await until(lambda: spans)

    (span,) = spans
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["error.type"] == "cancelled"
    assert span.attributes["http.response.body.size"] == 5
    assert span.status.status_code is StatusCode.UNSET


async def test_work_in_the_background_goes_on_without_the_client(  # noqa: PLR0913, PLR0917  fixtures
    telemetry: Telemetry, spans: list[Any], until: Any, api: FastAPI, serve_app: Any, leave: Any
) -> None:
    started, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def later() -> None:
        started.set()
        await go_on.wait()
        done.set()

    @api.get("/work")
    async def work(background: BackgroundTasks) -> None:
        background.add_task(later)

    async with serve_app(telemetry.asgi(api)) as address:
        await leave(address, started)
        await until(lambda: spans)
        await asyncio.sleep(0.03)
        go_on.set()
        await asyncio.wait_for(done.wait(), 1)

    assert "error.type" not in spans[0].attributes


class Server:
    """Gives an application the messages that a test puts in, and keeps what it sends."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []

    def body(self, body: bytes, *, more: bool = False) -> None:
        self.messages.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leave(self) -> None:
        self.messages.put_nowait({"type": "http.disconnect"})

    async def receive(self) -> Message:
        return await self.messages.get()

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def run(self, app: Any, **scope: Any) -> None:
        scope = {"type": "http", "method": "POST", "path": "/", "headers": [], **scope}
        await asyncio.wait_for(app(scope, self.receive, self.send), 5)


async def test_no_more_than_one_message_is_read_ahead_and_none_is_lost(telemetry: Telemetry, until: Any) -> None:
    server, read = Server(), []

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await until(lambda: server.messages.qsize() == 2)
        await asyncio.sleep(0.03)
        assert server.messages.qsize() == 2
        read.extend([(await receive())["body"] for _message in range(3)])
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    for body, more in ((b"a", True), (b"b", True), (b"c", False)):
        server.body(body, more=more)
    await server.run(telemetry.asgi(app))

    assert read == [b"a", b"b", b"c"]


async def test_an_application_that_waits_for_its_client_is_told_and_ends_by_itself(
    telemetry: Telemetry, spans: list[Any]
) -> None:
    server, heard = Server(), []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        asyncio.get_running_loop().call_later(0.03, server.leave)
        heard.append((await receive())["type"])
        await asyncio.sleep(0)
        heard.append("went on")

    server.body(b"")
    await server.run(telemetry.asgi(app))

    assert heard == ["http.disconnect", "went on"]
    assert spans[0].attributes["error.type"] == "cancelled"


async def test_an_application_may_give_up_waiting_for_its_client(telemetry: Telemetry) -> None:
    server, read = Server(), []

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        for _try in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(receive(), 0.02)
        server.body(b"late")
        read.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    await server.run(telemetry.asgi(app))

    assert read == [b"late"]


async def test_a_client_that_wants_to_be_asked_for_his_body_is_asked_by_the_application_alone(
    telemetry: Telemetry,
) -> None:
    server = Server()
    server.body(b"asked for")

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.03)
        assert server.messages.qsize() == 1
        await send({"type": "http.response.start", "status": 413})
        await send({"type": "http.response.body"})

    await server.run(telemetry.asgi(app), headers=[(b"expect", b"100-continue")])


async def test_an_application_that_does_not_let_itself_be_cancelled_leaves_no_trace_of_it(
    telemetry: Telemetry, spans: list[Any]
) -> None:
    server = Server()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})

    server.body(b"")
    server.leave()
    await server.run(telemetry.asgi(app))

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert server.sent[0]["status"] == 204
    assert spans[0].attributes["error.type"] == "cancelled"


async def test_where_it_is_switched_off_nothing_is_cancelled(telemetry: Telemetry, spans: list[Any]) -> None:
    server = Server()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.03)
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    server.body(b"")
    server.leave()
    await server.run(telemetry.asgi(app, cancel_on_disconnect=False))

    assert "error.type" not in spans[0].attributes


async def test_a_request_that_the_server_ends_is_an_error(telemetry: Telemetry, spans: list[Any]) -> None:
    server, started = Server(), asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(server.run(telemetry.asgi(app)))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert spans[0].attributes["error.type"] == "cancelled"
    assert spans[0].status.status_code is StatusCode.ERROR


async def test_a_server_that_tells_by_raising_is_understood(telemetry: Telemetry, spans: list[Any]) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(_message: Message) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await telemetry.asgi(app)({"type": "http", "method": "GET", "path": "/", "headers": []}, Server().receive, send)

    assert spans[0].attributes["error.type"] == "cancelled"
    assert spans[0].status.status_code is StatusCode.UNSET
    assert not spans[0].events


async def test_no_task_is_left_behind(telemetry: Telemetry, serve_app: Any, api: FastAPI, until: Any) -> None:
    @api.get("/work")
    async def work() -> None:
        await asyncio.sleep(0.02)

    async with serve_app(telemetry.asgi(api)) as address:
        reader, writer = await asyncio.open_connection(*address)
        before = len(asyncio.all_tasks())
        for _request in range(5):
            writer.write(b"GET /work HTTP/1.1\r\nhost: x\r\n\r\n")
            await reader.readuntil(b"null")
        await until(lambda: len(asyncio.all_tasks()) <= before)
        writer.close()
