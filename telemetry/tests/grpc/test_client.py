from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio
from opentelemetry import baggage
from opentelemetry.context import attach, detach
from opentelemetry.trace import SpanKind
from opentelemetry.trace import StatusCode as SpanStatus

from telemetry import use_tenant
from telemetry.context.deadline import deadline
from telemetry.grpc.outgoing import Timeouts


async def answer(request: bytes, _context: Any) -> bytes:
    return request


async def stream_for_ever(request: bytes, _context: Any) -> AsyncIterator[bytes]:
    while True:
        yield request
        await asyncio.Event().wait()


async def echo(requests: AsyncIterator[bytes], _context: Any) -> AsyncIterator[bytes]:
    async for request in requests:
        yield request


HANDLERS: dict[str, Any] = {
    "Answer": grpc.unary_unary_rpc_method_handler(answer),
    "Stream": grpc.unary_stream_rpc_method_handler(stream_for_ever),
    "Echo": grpc.stream_stream_rpc_method_handler(echo),
}


class Metadata:
    """A handler that keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: dict[str, list[str | bytes]] = {}
        self.time_left: float | None = None

    async def answer(self, request: bytes, context: Any) -> bytes:
        for key, value in context.invocation_metadata():
            self.sent.setdefault(key, []).append(value)
        self.time_left = context.time_remaining()
        return request


class Flaky:
    """A handler that is unavailable a number of times before it answers."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    async def answer(self, request: bytes, context: Any) -> bytes:
        self.calls += 1
        if self.calls <= self.failures:
            await context.abort(StatusCode.UNAVAILABLE, "not now")
        return request


def of_kind(spans: list[Any], kind: SpanKind) -> list[Any]:
    return [span for span in spans if span.kind is kind]


async def test_a_call_is_a_child_of_the_current_span_and_carries_context_tenant_and_the_callers_metadata(
    telemetry: Any, start: Any, spans: list[Any]
) -> None:
    seen = Metadata()
    address = await start(Answer=grpc.unary_unary_rpc_method_handler(seen.answer))
    token = attach(baggage.set_baggage("colour", "green"))
    async with telemetry.channel(address) as channel:
        with use_tenant("acme"), telemetry.tracer("test").start_as_current_span("work") as work:
            await channel.unary_unary("/test.Service/Answer")(b"", metadata=(("x-own", "1"), ("x-own", "2")))
    detach(token)

    client = of_kind(spans, SpanKind.CLIENT)[0]
    assert client.parent == work.get_span_context()
    assert client.attributes["tenant.id"] == "acme"
    assert seen.sent["x-tenant-id"] == ["acme"]
    assert seen.sent["baggage"] == ["colour=green,tenant.id=acme"]
    assert seen.sent["x-own"] == ["1", "2"]
    (traceparent,) = seen.sent["traceparent"]
    assert f"{client.context.trace_id:032x}-{client.context.span_id:016x}" in str(traceparent)


async def test_a_call_replaces_metadata_that_names_another_tenant(telemetry: Any, start: Any) -> None:
    seen = Metadata()
    address = await start(Answer=grpc.unary_unary_rpc_method_handler(seen.answer))
    async with telemetry.channel(address) as channel:
        with use_tenant("acme"):
            method = channel.unary_unary("/test.Service/Answer")
            await method(b"", metadata=(("x-tenant-id", "evil"), ("x-tenant-id", "worse")))

    assert seen.sent["x-tenant-id"] == ["acme"]


@pytest.mark.parametrize(
    ("around", "given", "bounds"),
    [(None, None, (4, 5)), (None, 2.0, (1, 2)), (1.0, None, (0, 1)), (1.0, 2.0, (0, 1)), (60.0, None, (4, 5))],
)
async def test_a_call_always_has_a_deadline_and_the_shorter_one_wins(
    telemetry: Any, start: Any, around: float | None, given: float | None, bounds: tuple[float, float]
) -> None:
    seen = Metadata()
    address = await start(Answer=grpc.unary_unary_rpc_method_handler(seen.answer))
    async with telemetry.channel(address) as channel:
        method = channel.unary_unary("/test.Service/Answer")
        if around is None:
            await method(b"", timeout=given)
        else:
            with deadline(around):
                await method(b"", timeout=given)

    assert seen.time_left is not None
    assert bounds[0] < seen.time_left <= bounds[1] + 0.1  # gRPC rounds up


async def test_when_nothing_is_left_of_the_deadline_the_call_is_not_made(
    telemetry: Any, start: Any, spans: list[Any]
) -> None:
    seen = Metadata()
    address = await start(Answer=grpc.unary_unary_rpc_method_handler(seen.answer))
    async with telemetry.channel(address) as channel:
        with deadline(0), pytest.raises(aio.AioRpcError) as raised:
            await channel.unary_unary("/test.Service/Answer")(b"")

    assert raised.value.code() is StatusCode.DEADLINE_EXCEEDED
    assert not seen.sent
    (span,) = spans
    assert span.attributes["rpc.response.status_code"] == "DEADLINE_EXCEEDED"


async def test_a_retryable_method_is_tried_again_and_leaves_one_client_span(
    telemetry: Any, start: Any, spans: list[Any]
) -> None:
    flaky = Flaky(failures=2)
    address = await start(Answer=grpc.unary_unary_rpc_method_handler(flaky.answer))
    async with telemetry.channel(address, retryable=("test.Service/Answer",)) as channel:
        answered = await channel.unary_unary("/test.Service/Answer")(b"hello")

    assert answered == b"hello"
    assert flaky.calls == 3
    (client,) = of_kind(spans, SpanKind.CLIENT)
    assert client.status.status_code is SpanStatus.UNSET
    parents = {span.parent.span_id for span in of_kind(spans, SpanKind.SERVER) if span.parent is not None}
    assert parents == {client.context.span_id}


async def test_a_method_that_is_not_retryable_is_tried_once(telemetry: Any, start: Any) -> None:
    flaky = Flaky(failures=1)
    address = await start(Answer=grpc.unary_unary_rpc_method_handler(flaky.answer))
    async with telemetry.channel(address, retryable=("test.Service/Other",)) as channel:
        with pytest.raises(aio.AioRpcError, match="not now"):
            await channel.unary_unary("/test.Service/Answer")(b"hello")

    assert flaky.calls == 1


async def test_calls_succeed_again_soon_after_their_server_is_back(
    telemetry: Any, serve_grpc: Any, unused_address: str
) -> None:
    async with telemetry.channel(unused_address) as channel:
        method = channel.unary_unary("/test.Service/Answer")
        for _outage in range(2):
            assert await code_of(method(b"")) is StatusCode.UNAVAILABLE
            async with serve_grpc(telemetry.server(), unused_address, **HANDLERS):
                assert await method(b"back", wait_for_ready=True, timeout=5) == b"back"


async def test_cancelling_the_task_that_awaits_a_call_cancels_the_call(
    telemetry: Any, start: Any, ended: Any, calls: Any
) -> None:
    service = calls.service()
    async with telemetry.channel(await start(**service.handlers())) as channel:
        task = asyncio.create_task(calls.finish(calls.begin(channel, "unary_unary")))
        await service.running.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(1):
            await service.cancelled.wait()
    both = await ended(2)

    assert [span.attributes["rpc.response.status_code"] for span in both] == ["CANCELLED", "CANCELLED"]


async def test_a_call_that_is_cancelled_as_its_deadline_comes_ended_by_its_deadline(
    telemetry: Any, start: Any, ended: Any, calls: Any
) -> None:
    service = calls.service()
    async with telemetry.channel(await start(**service.handlers())) as channel:
        with deadline(0.5), pytest.raises(TimeoutError):
            async with asyncio.timeout(0.49):  # as gRPC cancels a handler whose client was a little earlier
                await calls.finish(calls.begin(channel, "unary_unary"))
        async with asyncio.timeout(1):
            await service.cancelled.wait()
    both = await ended(2)

    assert {span.attributes["rpc.response.status_code"] for span in both} == {"DEADLINE_EXCEEDED"}


async def test_a_call_that_is_cancelled_before_it_began_leaves_no_open_span(
    telemetry: Any, start: Any, spans: list[Any], started: list[Any]
) -> None:
    address = await start(**HANDLERS)
    async with telemetry.channel(address) as channel:
        for turns in range(4):
            call = channel.unary_unary("/test.Service/Answer")(b"")
            for _turn in range(turns):
                await asyncio.sleep(0)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    assert len(of_kind(spans, SpanKind.CLIENT)) == len(of_kind(started, SpanKind.CLIENT))


async def test_a_stream_that_is_left_early_ends_its_span_on_both_sides(telemetry: Any, start: Any, ended: Any) -> None:
    address = await start(**HANDLERS)
    async with telemetry.channel(address) as channel:
        call = channel.unary_stream("/test.Service/Stream")(b"hello")
        async for response in call:
            assert response == b"hello"
            break
        call.cancel()
        both = await ended(2)

    assert {span.kind for span in both} == {SpanKind.CLIENT, SpanKind.SERVER}
    assert {span.attributes["rpc.response.status_code"] for span in both} == {"CANCELLED"}


async def test_a_stream_that_is_never_read_ends_its_span_with_the_channel(
    telemetry: Any, start: Any, ended: Any
) -> None:
    address = await start(**HANDLERS)
    async with telemetry.channel(address) as channel:
        call = channel.unary_stream("/test.Service/Stream")(b"hello")
        await call.initial_metadata()
    both = await ended(2)

    assert {span.attributes["rpc.response.status_code"] for span in both} == {"CANCELLED"}


async def test_reading_and_writing_by_hand_works(telemetry: Any, start: Any, ended: Any) -> None:
    address = await start(**HANDLERS)
    async with telemetry.channel(address) as channel:
        call = channel.stream_stream("/test.Service/Echo")()
        await call.write(b"one")
        assert await call.read() == b"one"
        await call.write(b"two")
        await call.done_writing()
        assert await call.read() == b"two"
        assert await call.read() is aio.EOF
        assert await call.code() is StatusCode.OK
        await ended(2)


async def test_a_call_on_a_closed_channel_is_no_cancellation(telemetry: Any, spans: list[Any]) -> None:
    channel = telemetry.channel("127.0.0.1:1")
    await channel.close()
    with pytest.raises(aio.UsageError):
        await channel.unary_unary("/test.Service/Answer")(b"")

    (span,) = spans
    assert span.attributes["error.type"] == "UsageError"
    assert "rpc.response.status_code" not in span.attributes
    assert span.status.status_code is SpanStatus.ERROR


async def test_an_interceptor_after_ours_may_answer_by_itself(telemetry: Any, spans: list[Any]) -> None:
    class Cache(aio.UnaryUnaryClientInterceptor):
        async def intercept_unary_unary(self, *_arguments: Any) -> Any:
            return b"cached"

    interceptors = [*telemetry.client_interceptors(), Cache()]
    async with aio.insecure_channel("127.0.0.1:1", interceptors=interceptors) as channel:
        answer: Any = channel.unary_unary("/test.Service/Answer")
        assert await answer(b"") == b"cached"

    (span,) = spans
    assert span.attributes["rpc.response.status_code"] == "OK"


async def test_a_method_that_the_filter_names_is_not_traced_but_has_its_deadline(
    telemetry: Any, serve_grpc: Any, spans: list[Any]
) -> None:
    seen = Metadata()
    server = aio.server()
    handlers: dict[str, Any] = {"Check": grpc.unary_unary_rpc_method_handler(seen.answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers),))
    async with serve_grpc(server) as address, telemetry.channel(address) as channel:
        await channel.unary_unary("/grpc.health.v1.Health/Check")(b"")

    assert not spans
    assert seen.time_left is not None


def test_timeouts_may_be_left_open() -> None:
    assert Timeouts() == Timeouts(unary=None, stream=None)


async def code_of(call: Any) -> StatusCode:
    try:
        await call
    except aio.AioRpcError as error:
        return error.code()
    return StatusCode.OK
