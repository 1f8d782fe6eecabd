"""What a call meets while a fault is on, over real gRPC; with the fault off it meets nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from grpc import StatusCode, aio
from opentelemetry.trace import StatusCode as SpanStatus

Wire = Callable[..., Awaitable[Any]]

UNARY = "test.v1.Test/Unary"
STREAM = "test.v1.Test/Stream"


async def read(service: Any) -> tuple[list[bytes], StatusCode]:
    """Read the stream to its end, however it ends."""
    call = service.channel.unary_stream(f"/{STREAM}")(b"")
    messages: list[bytes] = []
    try:
        async for message in call:
            messages.append(message)  # noqa: PERF401  those before the error are wanted too
    except aio.AioRpcError as error:
        return messages, error.code()
    return messages, StatusCode.OK


async def test_a_fault_that_is_off_changes_nothing(wire: Wire) -> None:
    service = await wire(bug=f"method: {UNARY}, do: raise, message: oops")

    assert await service.call() == b"3"

    (span,) = service.spans(UNARY)
    assert span.status.status_code is SpanStatus.UNSET


async def test_a_bug_is_an_uncaught_exception(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    service = await wire(bug=f"method: {UNARY}, do: raise, message: oops")
    service.on("bug")

    with pytest.raises(aio.AioRpcError) as caught:
        await service.call()

    assert caught.value.code() is StatusCode.INTERNAL
    assert "oops" not in (caught.value.details() or "")
    (span,) = service.spans(UNARY)
    assert span.status.status_code is SpanStatus.ERROR
    exceptions = [event for event in span.events if event.name == "exception"]
    assert [(event.attributes or {})["exception.type"] for event in exceptions] == ["faults.calls.InjectedBug"]
    assert "uncaught exception in a handler" in caplog.text


async def test_a_call_is_refused_with_the_status_that_the_catalogue_says(wire: Wire) -> None:
    service = await wire(full=f"method: {UNARY}, do: abort, code: RESOURCE_EXHAUSTED, message: come back later")
    service.on("full")

    with pytest.raises(aio.AioRpcError) as caught:
        await service.call()

    assert (caught.value.code(), caught.value.details()) == (StatusCode.RESOURCE_EXHAUSTED, "come back later")


async def test_of_a_flaky_method_the_first_attempt_fails_and_the_retry_does_not(wire: Wire) -> None:
    service = await wire(flaky=f"method: {UNARY}, do: abort, code: UNAVAILABLE, message: refused, first_attempt: true")
    service.on("flaky")

    assert await service.call() == b"3"

    first, second = service.spans(UNARY)
    assert (first.attributes or {})["rpc.response.status_code"] == "UNAVAILABLE"
    assert (second.attributes or {})["rpc.response.status_code"] == "OK"


async def test_a_slow_method_keeps_its_caller_waiting_until_his_deadline(wire: Wire) -> None:
    service = await wire(slow=f"method: {UNARY}, do: delay, seconds: 60")
    service.on("slow")

    with pytest.raises(aio.AioRpcError) as caught:
        await service.channel.unary_unary(f"/{UNARY}")(b"", timeout=0.2)

    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED


async def test_a_caller_who_leaves_a_slow_method_ends_its_work(wire: Wire) -> None:
    service = await wire(slow=f"method: {UNARY}, do: delay, seconds: 60")
    service.on("slow")
    call = asyncio.create_task(service.call())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(call), 0.1)

    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call
    assert ((await service.ended(UNARY)).attributes or {})["rpc.response.status_code"] == "CANCELLED"


async def test_a_stream_breaks_off_after_so_many_messages(wire: Wire) -> None:
    service = await wire(broken=f"method: {STREAM}, do: break-stream, after: 2, code: UNAVAILABLE, message: gone")

    assert await read(service) == ([b"0", b"1", b"2"], StatusCode.OK)
    service.on("broken")
    assert await read(service) == ([b"0", b"1"], StatusCode.UNAVAILABLE)


async def test_a_stream_may_fail_before_it_begins(wire: Wire) -> None:
    service = await wire(bug=f"method: {STREAM}, do: raise, message: oops")
    service.on("bug")

    assert await read(service) == ([], StatusCode.INTERNAL)


async def test_methods_without_a_fault_are_not_touched(wire: Wire) -> None:
    service = await wire(bug=f"method: {UNARY}, do: raise, message: oops")
    service.on("bug")

    assert await service.call("Other") == b"3"
    assert service.spans("test.v1.Test/Other")[0].events == ()


async def test_a_method_with_a_stream_of_requests_has_no_faults(wire: Wire) -> None:
    service = await wire(bug="method: test.v1.Test/Upload, do: raise, message: oops")
    service.on("bug")

    async def requests() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    assert await service.channel.stream_unary("/test.v1.Test/Upload")(requests()) == b"ab"


async def test_several_faults_of_a_method_come_one_after_the_other(wire: Wire) -> None:
    service = await wire(
        refused=f"method: {UNARY}, do: abort, code: ABORTED, message: first",
        bug=f"method: {UNARY}, do: raise, message: oops",
    )
    service.on("bug")

    with pytest.raises(aio.AioRpcError) as caught:
        await service.call()

    assert caught.value.code() is StatusCode.INTERNAL
    (span,) = service.spans(UNARY)
    evaluated = [event for event in span.events if event.name == "feature_flag.evaluation"]
    assert [(event.attributes or {})["feature_flag.key"] for event in evaluated] == ["refused", "bug"]
