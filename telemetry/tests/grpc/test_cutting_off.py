"""Calls that are cut off, by their caller or by their server: both sides end, and say so."""

from __future__ import annotations

import asyncio
from statistics import median
from time import perf_counter
from typing import Any

import pytest
from grpc import StatusCode, aio
from opentelemetry.trace import SpanKind
from opentelemetry.trace import StatusCode as SpanStatus

from telemetry import Telemetry

SHAPES = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


@pytest.mark.parametrize("method", ["unary_stream", "stream_stream", "unary_write", "stream_write"])
async def test_a_stream_that_is_left_early_is_cancelled_on_both_sides(
    telemetry: Telemetry, start: Any, ended: Any, calls: Any, method: str
) -> None:
    service = calls.service()
    address = await start(**service.handlers())
    async with telemetry.channel(address) as channel:
        call = calls.begin(channel, method)
        async for response in call:
            assert response == b"first"
            break
        call.cancel()
        check_sides(await ended(2), method, StatusCode.CANCELLED, StatusCode.CANCELLED)


@pytest.mark.parametrize("method", ["unary_unary", "stream_unary"])
async def test_a_response_that_nobody_waits_for_any_more_is_cancelled_on_both_sides(
    telemetry: Telemetry, start: Any, ended: Any, calls: Any, method: str
) -> None:
    service = calls.service()
    address = await start(**service.handlers())
    async with telemetry.channel(address) as channel:
        waiting = asyncio.create_task(calls.finish(calls.begin(channel, method)))
        await call_reaches(service)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        check_sides(await ended(2), method, StatusCode.CANCELLED, StatusCode.CANCELLED)


@pytest.mark.parametrize("method", [*SHAPES, "unary_write", "stream_write"])
async def test_a_cancelled_call_cancels_its_handler_within_a_tenth_of_a_second(
    telemetry: Telemetry, start: Any, calls: Any, method: str
) -> None:
    service = calls.service()
    address = await start(**service.handlers())
    seconds = []
    async with telemetry.channel(address) as channel:
        for _time in range(5):
            call = calls.begin(channel, method)
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
    telemetry: Telemetry, start: Any, ended: Any, calls: Any, method: str
) -> None:
    service = calls.service()
    address = await start(**service.handlers())
    async with telemetry.channel(address) as channel:
        call = calls.begin(channel, method, timeout=30)
        await call_reaches(service)
        assert not call.done()
    check_sides(await ended(2), method, StatusCode.CANCELLED, StatusCode.CANCELLED)


@pytest.mark.parametrize("method", [*SHAPES, "unary_write", "stream_write"])
async def test_a_server_that_stops_ends_the_spans_of_what_it_was_doing(  # noqa: PLR0913, PLR0917  fixtures
    telemetry: Telemetry, traced_server: Any, serve_grpc: Any, ended: Any, calls: Any, method: str
) -> None:
    service = calls.service()
    server = traced_server(telemetry)
    async with serve_grpc(server, **service.handlers()) as address, telemetry.channel(address) as channel:
        running = asyncio.create_task(calls.finish(calls.begin(channel, method, timeout=30)))
        await call_reaches(service)
        await server.stop(0)
        with pytest.raises(aio.AioRpcError) as raised:
            await running
        both = await ended(2)
    check_sides(both, method, raised.value.code(), StatusCode.CANCELLED)
    assert raised.value.code() in {StatusCode.CANCELLED, StatusCode.UNAVAILABLE}


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


async def call_reaches(service: Any) -> None:
    async with asyncio.timeout(10):
        await service.running.wait()
