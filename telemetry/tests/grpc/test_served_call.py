from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio

from telemetry import Telemetry

SECRET = "password=hunter2"


class AwayError(Exception):
    """What a service raises when the one behind it is unavailable."""


class Chain:
    """Three services, each behind the other; the last is unavailable."""

    def __init__(self) -> None:
        self.calls = {"First": 0, "Second": 0, "Third": 0}
        self.channel: aio.Channel

    async def first(self, request: bytes, _context: Any) -> bytes:
        return await self._next("First", request)

    async def second(self, request: bytes, _context: Any) -> bytes:
        return await self._next("Second", request)

    async def third(self, _request: bytes, _context: Any) -> bytes:
        self.calls["Third"] += 1
        raise AwayError("overloaded")

    async def call(self, method: str, request: bytes) -> bytes:
        unary: Any = self.channel.unary_unary(f"/test.Service/{method}")
        return bytes(await unary(request))

    async def _next(self, method: str, request: bytes) -> bytes:
        self.calls[method] += 1
        try:
            return await self.call({"First": "Second", "Second": "Third"}[method], request)
        except aio.AioRpcError as error:
            raise AwayError from error


@pytest.fixture
async def chain(telemetry: Telemetry, start: Any) -> AsyncIterator[Chain]:
    chain = Chain()
    names = list(chain.calls)
    unary = grpc.unary_unary_rpc_method_handler
    handlers: dict[str, Any] = {name: unary(getattr(chain, name.lower())) for name in names}
    address = await start({AwayError: StatusCode.UNAVAILABLE}, **handlers)
    async with telemetry.channel(address, retryable=[f"test.Service/{name}" for name in names]) as channel:
        chain.channel = channel
        yield chain


async def test_of_many_hops_that_may_try_again_the_one_next_to_the_failure_does(chain: Chain) -> None:
    with pytest.raises(aio.AioRpcError) as raised:
        await chain.call("First", b"")

    assert raised.value.code() is StatusCode.UNAVAILABLE
    assert chain.calls == {"First": 1, "Second": 1, "Third": 3}


async def test_metadata_that_the_handler_set_is_not_lost_with_it(telemetry: Telemetry, start: Any) -> None:
    async def answer(_request: bytes, context: Any) -> bytes:
        context.set_trailing_metadata((("retry-after", "3"),))
        raise AwayError from aio.AioRpcError(StatusCode.UNAVAILABLE, aio.Metadata(), aio.Metadata())

    address = await start({AwayError: StatusCode.UNAVAILABLE}, Answer=grpc.unary_unary_rpc_method_handler(answer))
    async with telemetry.channel(address) as channel:
        unary: Any = channel.unary_unary("/test.Service/Answer")
        with pytest.raises(aio.AioRpcError) as raised:
            await unary(b"")

    assert (
        dict(raised.value.trailing_metadata()).items() >= {"retry-after": "3", "grpc-retry-pushback-ms": "-1"}.items()
    )


async def test_an_uncaught_exception_is_logged_once_and_without_its_secrets_by_any_formatter(
    telemetry: Telemetry, start: Any
) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        raise RuntimeError(f"cannot log in: {SECRET}")

    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.getLogger("telemetry.grpc").addHandler(handler)
    try:
        address = await start(Answer=grpc.unary_unary_rpc_method_handler(answer))
        async with telemetry.channel(address) as channel:
            unary: Any = channel.unary_unary("/test.Service/Answer")
            with pytest.raises(aio.AioRpcError):
                await unary(b"")
    finally:
        logging.getLogger("telemetry.grpc").removeHandler(handler)

    text = written.getvalue()
    assert text.startswith("ERROR uncaught exception in a handler\nTraceback (most recent call last):\n")
    assert text.count("RuntimeError: cannot log in: password=REDACTED") == 1
    assert SECRET not in text


async def test_an_error_that_cannot_say_what_it_is_still_has_its_code(start: Any) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    async def answer(_request: bytes, _context: Any) -> bytes:
        raise MuteError

    address = await start({MuteError: StatusCode.NOT_FOUND}, Answer=grpc.unary_unary_rpc_method_handler(answer))
    async with aio.insecure_channel(address) as channel:
        method: Any = channel.unary_unary("/test.Service/Answer")
        with pytest.raises(aio.AioRpcError) as raised:
            await method(b"", timeout=30)

    assert raised.value.code() is StatusCode.NOT_FOUND
