from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio
from opentelemetry.trace import Span

from telemetry import Telemetry
from telemetry.grpc.hooks import Hooks


class Service:
    """Handlers of every shape; where requests stream they answer each, or the last."""

    async def unary_unary(self, request: bytes, _context: Any) -> bytes:
        return b"re:" + request

    async def unary_stream(self, request: bytes, _context: Any) -> AsyncIterator[bytes]:
        for number in (b"1", b"2"):
            yield b"re:" + request + number

    async def stream_unary(self, requests: AsyncIterator[bytes], _context: Any) -> bytes:
        return b"re:" + b"+".join([request async for request in requests])

    async def stream_stream(self, requests: AsyncIterator[bytes], _context: Any) -> AsyncIterator[bytes]:
        async for request in requests:
            yield b"re:" + request

    async def unary_write(self, request: bytes, context: Any) -> None:
        for number in (b"1", b"2"):
            await context.write(b"re:" + request + number)

    async def stream_write(self, _requests: Any, context: Any) -> None:
        while (request := await context.read()) is not aio.EOF:
            await context.write(b"re:" + request)

    def handlers(self) -> dict[str, Any]:
        return {
            name: getattr(grpc, f"{name.replace('write', 'stream')}_rpc_method_handler")(getattr(self, name))
            for name in MESSAGES
        }


# What each shape exchanges for one request "a", or for the two of a stream "a" and "b".
MESSAGES: dict[str, tuple[list[bytes], list[bytes]]] = {
    "unary_unary": ([b"a"], [b"re:a"]),
    "unary_stream": ([b"a"], [b"re:a1", b"re:a2"]),
    "stream_unary": ([b"a", b"b"], [b"re:a+b"]),
    "stream_stream": ([b"a", b"b"], [b"re:a", b"re:b"]),
    "unary_write": ([b"a"], [b"re:a1", b"re:a2"]),
    "stream_write": ([b"a", b"b"], [b"re:a", b"re:b"]),
}


def record_request(span: Span, message: Any) -> None:
    span.add_event("request", {"text": message})


def record_response(span: Span, message: Any) -> None:
    span.add_event("response", {"text": message})


def fail(_span: Span, _message: Any) -> None:
    raise ValueError("the hook is broken")


HOOKS = Hooks(request=record_request, response=record_response)


@pytest.fixture
def exchange(telemetry: Telemetry, serve_grpc: Any) -> Any:
    """Give a function that makes one call with hooks on both sides, and gives its responses."""

    async def exchanging(method: str, hooks: Hooks | None, *, by_hand: bool = False) -> list[bytes]:
        async with (
            serve_grpc(telemetry.server(hooks=hooks), **Service().handlers()) as address,
            telemetry.channel(address, hooks=hooks) as channel,
        ):
            return await (_by_hand if by_hand else _by_iterator)(channel, method)

    return exchanging


async def _by_iterator(channel: aio.Channel, method: str) -> list[bytes]:
    shape = method.replace("write", "stream")
    invoke: Any = getattr(channel, shape)(f"/test.Service/{method}")
    call = invoke([b"a", b"b"] if shape.startswith("stream") else b"a")
    return [response async for response in call] if shape.endswith("stream") else [await call]


async def _by_hand(channel: aio.Channel, method: str) -> list[bytes]:
    invoke: Any = getattr(channel, method)(f"/test.Service/{method}")
    call = invoke() if method.startswith("stream") else invoke(b"a")
    if method.startswith("stream"):
        for request in (b"a", b"b"):
            await call.write(request)
        await call.done_writing()
    if not method.endswith("stream"):
        return [await call]
    responses = []
    while (response := await call.read()) is not aio.EOF:
        responses.append(response)
    return responses


def told(span: Any, name: str) -> list[bytes]:
    return [event.attributes["text"] for event in span.events if event.name == name]


@pytest.mark.parametrize("method", MESSAGES)
async def test_both_sides_tell_their_hooks_of_each_message(exchange: Any, ended: Any, method: str) -> None:
    requests, responses = MESSAGES[method]
    assert await exchange(method, HOOKS) == responses

    for span in await ended(2):
        assert told(span, "request") == requests
        assert told(span, "response") == responses
        assert span.attributes["rpc.response.status_code"] == "OK"


@pytest.mark.parametrize("method", [name for name in MESSAGES if "write" not in name])
async def test_messages_that_are_written_and_read_by_hand_are_told_as_well(
    exchange: Any, ended: Any, method: str
) -> None:
    requests, responses = MESSAGES[method]
    assert await exchange(method, HOOKS, by_hand=True) == responses

    for span in await ended(2):
        assert (told(span, "request"), told(span, "response")) == (requests, responses)


@pytest.mark.parametrize("method", MESSAGES)
async def test_without_hooks_nothing_of_a_message_is_recorded(exchange: Any, ended: Any, method: str) -> None:
    await exchange(method, None)

    for span in await ended(2):
        assert not span.events
        assert "re:" not in str(span.attributes)


@pytest.mark.parametrize("method", MESSAGES)
async def test_a_hook_that_fails_does_not_break_the_call(
    exchange: Any, ended: Any, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    assert await exchange(method, Hooks(request=fail, response=fail)) == MESSAGES[method][1]

    assert len(await ended(2)) == 2
    assert "a hook of calls failed: ValueError" in caplog.text


async def test_a_call_that_fails_has_no_response_to_tell_of(
    telemetry: Telemetry, unused_address: str, ended: Any
) -> None:
    async with telemetry.channel(unused_address, hooks=HOOKS) as channel:
        unary: Any = channel.unary_unary("/test.Service/unary_unary")
        call = unary(b"a")
        assert await call.code() is StatusCode.UNAVAILABLE
        (span,) = await ended(1)

    assert (told(span, "request"), told(span, "response")) == ([b"a"], [])
    assert span.attributes["rpc.response.status_code"] == "UNAVAILABLE"
