"""The matrix of calls: shape by ending, seen from both sides over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio
from opentelemetry.trace import SpanKind, format_trace_id
from opentelemetry.trace import StatusCode as SpanStatus

from telemetry import Telemetry, Trust

SECRET = "password=hunter2"
SHAPES = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


class MissingError(Exception):
    pass


class MissingUserError(MissingError):
    pass


class OverloadedError(Exception):
    pass


ERRORS: dict[type[BaseException], StatusCode] = {
    MissingError: StatusCode.NOT_FOUND,
    OverloadedError: StatusCode.UNAVAILABLE,
}

Act = Callable[[Any], Awaitable[None]]


@dataclass
class Service:
    """Handlers of every shape that do the same: they answer, act, and answer again."""

    act: Act
    running: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def unary_unary(self, _request: bytes, context: Any) -> bytes:
        await self._run(context)
        return b"last"

    async def unary_stream(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield request
        await self._run(context)
        yield b"last"

    async def stream_unary(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        async for _request in requests:
            pass
        await self._run(context)
        return b"last"

    async def stream_stream(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            yield request
        await self._run(context)
        yield b"last"

    async def unary_write(self, request: bytes, context: Any) -> None:
        await context.write(request)
        await self._run(context)
        await context.write(b"last")

    async def stream_write(self, requests: AsyncIterator[bytes], context: Any) -> None:
        async for request in requests:
            await context.write(request)
        await self._run(context)
        await context.write(b"last")

    async def _run(self, context: Any) -> None:
        self.running.set()
        try:
            await self.act(context)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    def handlers(self) -> dict[str, Any]:
        return {
            "unary_unary": grpc.unary_unary_rpc_method_handler(self.unary_unary),
            "unary_stream": grpc.unary_stream_rpc_method_handler(self.unary_stream),
            "stream_unary": grpc.stream_unary_rpc_method_handler(self.stream_unary),
            "stream_stream": grpc.stream_stream_rpc_method_handler(self.stream_stream),
            "unary_write": grpc.unary_stream_rpc_method_handler(self.unary_write),
            "stream_write": grpc.stream_stream_rpc_method_handler(self.stream_write),
        }


async def _requests() -> AsyncIterator[bytes]:
    yield b"first"
    yield b"second"


def begin(channel: aio.Channel, method: str, **options: Any) -> Any:
    shape = method.replace("write", "stream")
    invoke: Any = getattr(channel, shape)(f"/test.Service/{method}")
    return invoke(_requests() if shape.startswith("stream") else b"first", **options)


async def finish(call: Any) -> list[bytes]:
    if isinstance(call, aio.UnaryStreamCall | aio.StreamStreamCall):
        return [response async for response in call]
    return [await call]


async def succeed(_context: Any) -> None:
    pass


async def raise_mapped(_context: Any) -> None:
    raise MissingError("no such user")


async def raise_mapped_by_its_base(_context: Any) -> None:
    raise MissingUserError("no such user")


async def raise_server_fault(_context: Any) -> None:
    raise OverloadedError("too many users")


async def abort_callers_fault(context: Any) -> None:
    await context.abort(StatusCode.NOT_FOUND, "no such user")


async def abort_server_fault(context: Any) -> None:
    await context.abort(StatusCode.DATA_LOSS, "the users are gone")


async def raise_uncaught(_context: Any) -> None:
    raise RuntimeError(SECRET)


async def wait_for_ever(_context: Any) -> None:
    await asyncio.Event().wait()


@dataclass(frozen=True)
class Ending:
    act: Act
    code: StatusCode
    details: str | None
    server_fails: bool = False
    exceptions: int = 0


ENDINGS = {
    "ok": Ending(succeed, StatusCode.OK, None),
    "mapped": Ending(raise_mapped, StatusCode.NOT_FOUND, "no such user"),
    "mapped by its base": Ending(raise_mapped_by_its_base, StatusCode.NOT_FOUND, "no such user"),
    "mapped, the server's fault": Ending(
        raise_server_fault, StatusCode.UNAVAILABLE, "too many users", server_fails=True, exceptions=1
    ),
    "abort": Ending(abort_callers_fault, StatusCode.NOT_FOUND, "no such user"),
    "abort, the server's fault": Ending(
        abort_server_fault, StatusCode.DATA_LOSS, "the users are gone", server_fails=True
    ),
    "uncaught": Ending(
        raise_uncaught, StatusCode.INTERNAL, "internal error; trace id {trace_id}", server_fails=True, exceptions=1
    ),
    "deadline": Ending(wait_for_ever, StatusCode.DEADLINE_EXCEEDED, None, server_fails=True),
    "cancelled": Ending(wait_for_ever, StatusCode.CANCELLED, None),
}


@pytest.mark.parametrize("method", [*SHAPES, "unary_write", "stream_write"])
@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
async def test_a_call_leaves_one_span_on_each_side_that_tells_how_it_ended(
    telemetry: Telemetry, start: Any, ended: Any, method: str, ending: Ending
) -> None:
    service = Service(ending.act)
    address = await start(ERRORS, **service.handlers())
    async with telemetry.channel(address) as channel:
        call = begin(channel, method, timeout=0.5 if ending.code is StatusCode.DEADLINE_EXCEEDED else 30)
        code, details = await how_it_ends(call, service, ending)
    client, server = sorted(await ended(2), key=lambda span: span.kind is SpanKind.SERVER)
    assert code is ending.code
    trace_id = format_trace_id(client.context.trace_id)
    if ending.details is not None:
        assert details == ending.details.format(trace_id=trace_id)
    assert SECRET not in str(details)
    assert client.kind is SpanKind.CLIENT
    assert server.kind is SpanKind.SERVER
    assert client.name == server.name == f"test.Service/{method}"
    assert client.parent is None
    assert (server.parent.trace_id, server.parent.span_id) == (client.context.trace_id, client.context.span_id)
    told = {"rpc.system.name": "grpc", "rpc.method": f"test.Service/{method}", "rpc.response.status_code": code.name}
    host, port = address.split(":")
    error = {} if code is StatusCode.OK else {"error.type": code.name}
    assert client.attributes == {**told, **error, "server.address": host, "server.port": int(port)}
    assert client.status.status_code is (SpanStatus.UNSET if code is StatusCode.OK else SpanStatus.ERROR)
    assert not client.events
    assert {**server.attributes} | told == {**server.attributes}
    assert server.attributes.get("error.type") == (code.name if ending.server_fails else None)
    assert server.status.status_code is (SpanStatus.ERROR if ending.server_fails else SpanStatus.UNSET)
    assert [event.name for event in server.events] == ["exception"] * ending.exceptions


@pytest.mark.parametrize("method", ["unary_stream", "stream_stream", "unary_write", "stream_write"])
async def test_a_stream_that_is_left_early_is_cancelled_on_both_sides(
    telemetry: Telemetry, start: Any, ended: Any, method: str
) -> None:
    service = Service(wait_for_ever)
    address = await start(ERRORS, **service.handlers())
    async with telemetry.channel(address) as channel:
        call = begin(channel, method)
        async for response in call:
            assert response == b"first"
            break
        call.cancel()
        check_sides(await ended(2), method, StatusCode.CANCELLED, StatusCode.CANCELLED)


@pytest.mark.parametrize("method", ["unary_unary", "stream_unary"])
async def test_a_response_that_nobody_waits_for_any_more_is_cancelled_on_both_sides(
    telemetry: Telemetry, start: Any, ended: Any, method: str
) -> None:
    service = Service(wait_for_ever)
    address = await start(ERRORS, **service.handlers())
    async with telemetry.channel(address) as channel:
        waiting = asyncio.create_task(finish(begin(channel, method)))
        await call_reaches(service)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        check_sides(await ended(2), method, StatusCode.CANCELLED, StatusCode.CANCELLED)


@pytest.mark.parametrize("method", [*SHAPES, "unary_write", "stream_write"])
async def test_a_cancelled_call_cancels_its_handler_within_a_tenth_of_a_second(
    telemetry: Telemetry, start: Any, method: str
) -> None:
    service = Service(wait_for_ever)
    address = await start(ERRORS, **service.handlers())
    seconds = []
    async with telemetry.channel(address) as channel:
        for _time in range(5):
            call = begin(channel, method)
            await call_reaches(service)
            began = perf_counter()
            call.cancel()
            await service.cancelled.wait()
            seconds.append(perf_counter() - began)
            service.running.clear()
            service.cancelled.clear()

    assert median(seconds) < 0.1, seconds  # not the longest: the machine may have something else to do


@pytest.mark.parametrize("method", [*SHAPES, "unary_write", "stream_write"])
async def test_a_call_that_is_never_read_ends_with_its_channel(
    telemetry: Telemetry, start: Any, ended: Any, method: str
) -> None:
    service = Service(wait_for_ever)
    address = await start(ERRORS, **service.handlers())
    async with telemetry.channel(address) as channel:
        call = begin(channel, method, timeout=30)
        await call_reaches(service)
        assert not call.done()
    check_sides(await ended(2), method, StatusCode.CANCELLED, StatusCode.CANCELLED)


@pytest.mark.parametrize("method", [*SHAPES, "unary_write", "stream_write"])
async def test_a_server_that_stops_ends_the_spans_of_what_it_was_doing(
    telemetry: Telemetry, ended: Any, method: str
) -> None:
    service = Service(wait_for_ever)
    async with (
        serving(service, telemetry.server_interceptors(ERRORS)) as (server, address),
        telemetry.channel(address) as channel,
    ):
        running = asyncio.create_task(finish(begin(channel, method, timeout=30)))
        await call_reaches(service)
        await server.stop(0)
        with pytest.raises(aio.AioRpcError) as raised:
            await running
        both = await ended(2)
    check_sides(both, method, raised.value.code(), StatusCode.CANCELLED)
    assert raised.value.code() in {StatusCode.CANCELLED, StatusCode.UNAVAILABLE}


@pytest.mark.parametrize("method", [*SHAPES, "unary_write", "stream_write"])
async def test_what_a_peer_says_that_is_not_trusted_is_a_link_and_no_tenant(
    telemetry: Telemetry, ended: Any, method: str
) -> None:
    service = Service(succeed)
    told = (("traceparent", f"00-{'a1' * 16}-{'b2' * 8}-00"), ("x-tenant-id", "evil"), ("baggage", "tenant.id=evil"))
    async with (
        serving(service, telemetry.server_interceptors(ERRORS, trust=Trust(trace=False, tenant=False))) as (_, address),
        aio.insecure_channel(address) as channel,
    ):
        responses = await finish(begin(channel, method, metadata=told))
        (server,) = await ended(1)

    assert responses[-1] == b"last"
    assert server.parent is None
    assert f"{server.context.trace_id:032x}" != "a1" * 16
    assert [f"{link.context.trace_id:032x}" for link in server.links] == ["a1" * 16]
    assert "evil" not in str(server.attributes)
    assert server.attributes["rpc.response.status_code"] == "OK"


def check_sides(both: list[Any], method: str, at_client: StatusCode, at_server: StatusCode) -> None:
    """Check the spans of a call that was cut off: an error to its caller, and none of the server's."""
    client, server = sorted(both, key=lambda span: span.kind is SpanKind.SERVER)
    assert (client.kind, server.kind) == (SpanKind.CLIENT, SpanKind.SERVER)
    assert client.parent is None
    assert (server.parent.trace_id, server.parent.span_id) == (client.context.trace_id, client.context.span_id)
    for span, code in ((client, at_client), (server, at_server)):
        assert span.name == span.attributes["rpc.method"] == f"test.Service/{method}"
        assert span.attributes["rpc.response.status_code"] == code.name
        assert not span.events
    assert client.attributes["error.type"] == at_client.name
    assert client.status.status_code is SpanStatus.ERROR
    assert "error.type" not in server.attributes
    assert server.status.status_code is SpanStatus.UNSET


@asynccontextmanager
async def serving(service: Service, interceptors: list[aio.ServerInterceptor]) -> AsyncIterator[tuple[aio.Server, str]]:
    server = aio.server(interceptors=interceptors)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", service.handlers()),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield server, f"127.0.0.1:{port}"
    await server.stop(None)


async def call_reaches(service: Service) -> None:
    async with asyncio.timeout(10):
        await service.running.wait()


async def how_it_ends(call: Any, service: Service, ending: Ending) -> tuple[StatusCode, str | None]:
    try:
        if ending.code is StatusCode.CANCELLED:
            running = asyncio.create_task(finish(call))
            await service.running.wait()
            call.cancel()
            async with asyncio.timeout(1):
                await service.cancelled.wait()
            await running
        else:
            responses = await finish(call)
            assert responses[-1] == b"last"
    except aio.AioRpcError as error:
        return error.code(), error.details()
    except asyncio.CancelledError:
        return StatusCode.CANCELLED, None
    return StatusCode.OK, None
