"""A call that is refused before it starts leaves no open span, however it is made."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from grpc import aio
from opentelemetry.trace import StatusCode

from telemetry import Telemetry

NO_PAIRS = [{"key": "value"}, [("key",)], [5], 5]
INVALID_PAIRS = [(("number", 1),), (("Upper", "x"),)]
SHAPES = ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]


async def call(channel: Any, shape: str, metadata: Any) -> None:
    caller = getattr(channel, shape)("/test.Service/Call")
    made = caller(b"", metadata=metadata) if shape.startswith("unary") else caller(metadata=metadata)
    await (made if shape.endswith("unary") else made.read())


@pytest.mark.parametrize("metadata", NO_PAIRS, ids=repr)
@pytest.mark.parametrize("shape", SHAPES)
async def test_metadata_that_is_invalid_fails_the_call_and_ends_its_span(
    telemetry: Telemetry, spans: list[Any], unused_address: str, shape: str, metadata: Any
) -> None:
    async with telemetry.channel(unused_address) as channel:
        with pytest.raises((ValueError, TypeError)) as raised:
            await call(channel, shape, metadata)

    assert telemetry.open_spans == 0
    (span,) = spans
    assert (span.name, span.status.status_code) == ("test.Service/Call", StatusCode.ERROR)
    assert span.attributes["error.type"] == raised.type.__qualname__


@pytest.mark.parametrize("metadata", INVALID_PAIRS, ids=repr)
@pytest.mark.parametrize("shape", SHAPES)
async def test_a_call_that_grpc_refuses_later_ends_its_span(
    telemetry: Telemetry, ended: Any, unused_address: str, shape: str, metadata: Any
) -> None:
    async with telemetry.channel(unused_address) as channel:
        with pytest.raises((Exception, asyncio.CancelledError)):
            await call(channel, shape, metadata)

    (span,) = await ended(1)
    assert span.status.status_code == StatusCode.ERROR


@pytest.mark.parametrize("metadata", NO_PAIRS, ids=repr)
@pytest.mark.parametrize("shape", SHAPES)
async def test_with_interceptors_no_span_stays_open_either(
    telemetry: Telemetry, unused_address: str, shape: str, metadata: Any
) -> None:
    async with aio.insecure_channel(unused_address, interceptors=telemetry.client_interceptors()) as channel:
        with pytest.raises((ValueError, TypeError, AttributeError)):
            await call(channel, shape, metadata)

    assert telemetry.open_spans == 0
