"""Interceptors for other channels than `Telemetry.channel`'s: one CLIENT span per call, the tenant and the deadline.

The call's done callback ends the span, however the call ends. The interceptor never awaits the call: that is why the
stock interceptor does not pass on a cancellation (opentelemetry-python-contrib issue 3271).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from grpc import aio
from opentelemetry.context import attach, detach

from telemetry.grpc.outgoing import OutgoingCalls

Continuation = Callable[[aio.ClientCallDetails, Any], Awaitable[Any]]


def make_client_interceptors(calls: OutgoingCalls) -> list[aio.ClientInterceptor]:
    """Create the four interceptors, one per call shape, that ``grpc.aio`` requires."""
    unary = _Interception(calls, calls.timeouts.unary)
    stream = _Interception(calls, calls.timeouts.stream)
    return [_UnaryUnary(unary), _UnaryStream(stream), _StreamUnary(unary), _StreamStream(stream)]


@dataclass(frozen=True, slots=True)
class _Interception:
    """What the four shapes have in common."""

    calls: OutgoingCalls
    timeout: float | None

    async def run(self, continuation: Continuation, details: aio.ClientCallDetails, request: Any) -> Any:
        timeout = self.timeout if details.timeout is None else details.timeout
        method = self.calls.methods.get(details.method)
        timeout, told, context, ending = self.calls.begin(method, timeout, details.metadata)
        token = attach(context)
        try:
            metadata = aio.Metadata(*(told or ()))
            prepared = aio.ClientCallDetails(
                details.method, timeout, metadata, details.credentials, details.wait_for_ready
            )
            call = await continuation(prepared, request)
        except BaseException as error:
            if ending is not None:
                ending.with_error(error)
            raise
        finally:
            detach(token)
        if ending is None:
            return call
        if call.done():  # a later interceptor responded itself; such a call takes no callback
            ending.with_call(call)
        else:
            call.add_done_callback(ending.with_call)
        return call


class _Shape:
    def __init__(self, interception: _Interception) -> None:
        self._interception = interception


class _UnaryUnary(_Shape, aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Continuation, client_call_details: aio.ClientCallDetails, request: Any
    ) -> Any:
        return await self._interception.run(continuation, client_call_details, request)


class _UnaryStream(_Shape, aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Continuation, client_call_details: aio.ClientCallDetails, request: Any
    ) -> Any:
        return await self._interception.run(continuation, client_call_details, request)


class _StreamUnary(_Shape, aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: Continuation, client_call_details: aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await self._interception.run(continuation, client_call_details, request_iterator)


class _StreamStream(_Shape, aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(
        self, continuation: Continuation, client_call_details: aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await self._interception.run(continuation, client_call_details, request_iterator)
