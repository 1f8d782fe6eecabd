"""The matrix of calls: shape by ending, seen from both sides over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

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


Act = Callable[[Any], Awaitable[None]]


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
async def test_a_call_leaves_one_span_on_each_side_that_tells_how_it_ended(  # noqa: PLR0913, PLR0917  fixtures and parameters
    telemetry: Telemetry, start: Any, ended: Any, calls: Any, method: str, ending: Ending
) -> None:
    service = calls.service(ending.act)
    address = await start(ERRORS, **service.handlers())
    async with telemetry.channel(address) as channel:
        call = calls.begin(channel, method, timeout=0.5 if ending.code is StatusCode.DEADLINE_EXCEEDED else 30)
        code, details = await how_it_ends(calls, call, service, ending)
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


@pytest.mark.parametrize("method", [*SHAPES, "unary_write", "stream_write"])
async def test_what_a_peer_says_that_is_not_trusted_is_a_link_and_no_tenant(
    start: Any, ended: Any, calls: Any, method: str
) -> None:
    service = calls.service(succeed)
    told = (("traceparent", f"00-{'a1' * 16}-{'b2' * 8}-00"), ("x-tenant-id", "evil"), ("baggage", "tenant.id=evil"))
    address = await start(ERRORS, trust=Trust(trace=False, tenant=False), **service.handlers())
    async with aio.insecure_channel(address) as channel:
        responses = await calls.finish(calls.begin(channel, method, metadata=told))
        (server,) = await ended(1)

    assert responses[-1] == b"last"
    assert server.parent is None
    assert f"{server.context.trace_id:032x}" != "a1" * 16
    assert [f"{link.context.trace_id:032x}" for link in server.links] == ["a1" * 16]
    assert "evil" not in str(server.attributes)
    assert server.attributes["rpc.response.status_code"] == "OK"


async def how_it_ends(calls: Any, call: Any, service: Any, ending: Ending) -> tuple[StatusCode, str | None]:
    try:
        if ending.code is StatusCode.CANCELLED:
            running = asyncio.create_task(calls.finish(call))
            await service.running.wait()
            call.cancel()
            async with asyncio.timeout(1):
                await service.cancelled.wait()
            await running
        else:
            responses = await calls.finish(call)
            assert responses[-1] == b"last"
    except aio.AioRpcError as error:
        return error.code(), error.details()
    except asyncio.CancelledError:
        return StatusCode.CANCELLED, None
    return StatusCode.OK, None
