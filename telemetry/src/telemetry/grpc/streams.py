"""Calls that are wrapped: those that stream responses, which their caller may simply forget, and those with hooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from grpc import aio
from opentelemetry.trace import Span

from telemetry.grpc.hooks import Hooks


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told of one call's messages."""

    hooks: Hooks
    span: Span

    def tell_request(self, message: Any) -> None:
        """Tell of a request."""
        self.hooks.tell_request(self.span, message)

    def tell_response(self, message: Any) -> None:
        """Tell of a response."""
        self.hooks.tell_response(self.span, message)


class _Wrapped(aio.Call):
    """gRPC's own call, in other clothes.

    Args:
        call: gRPC's own.
        listener: Told of the messages; None where nobody is.
    """

    def __init__(self, call: Any, listener: Listener | None) -> None:
        self._call = call
        self._listener = listener

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __repr__(self) -> str:
        return repr(self._call)

    def cancelled(self) -> bool:
        """Tell whether the call was cancelled."""
        return bool(self._call.cancelled())

    def done(self) -> bool:
        """Tell whether the call has ended."""
        return bool(self._call.done())

    def time_remaining(self) -> float | None:
        """Give the seconds that the call still has; None without a deadline."""
        left: float | None = self._call.time_remaining()
        return left

    def cancel(self) -> bool:
        """Cancel the call; False when it has ended."""
        return bool(self._call.cancel())

    def add_done_callback(self, callback: Any) -> None:
        """Have `callback` called with gRPC's own call when it has ended."""
        self._call.add_done_callback(callback)

    # Coroutines that hold the call: its caller may hold nothing but what they return.

    async def initial_metadata(self) -> Any:
        """Give what the server sent first."""
        return await self._call.initial_metadata()

    async def trailing_metadata(self) -> Any:
        """Give what the server sent last; waits for the end."""
        return await self._call.trailing_metadata()

    async def code(self) -> Any:
        """Give how the call ended; waits for the end."""
        return await self._call.code()

    async def details(self) -> Any:
        """Give what the server says of the end; waits for it."""
        return await self._call.details()

    async def wait_for_connection(self) -> None:
        """Wait until there is a connection; raise AioRpcError when there is none."""
        await self._call.wait_for_connection()


class _Forgettable(_Wrapped):
    """A stream that nothing of gRPC holds on to: when its caller leaves it, it is collected and cancels.

    gRPC's own object cancels when it is collected too. But it is never collected before the call has ended: the
    channel's list of calls, and callbacks, hold it.
    """

    def __init__(self, call: Any, listener: Listener | None) -> None:
        super().__init__(call, listener)
        self._loop = asyncio.get_running_loop()
        self._responses: AsyncIterator[Any] | None = None

    def __del__(self) -> None:
        if not self._call.done():
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._call.cancel)

    def __aiter__(self) -> AsyncIterator[Any]:
        self._responses = self._call.__aiter__()
        return self

    async def __anext__(self) -> Any:
        response = await anext(self._responses or aiter(self._call))
        if self._listener is not None:
            self._listener.tell_response(response)
        return response

    async def read(self) -> Any:
        """Give the next response; `aio.EOF` after the last."""
        response = await self._call.read()
        if self._listener is not None and response is not aio.EOF:
            self._listener.tell_response(response)
        return response


class _Writable(_Wrapped):
    """A call with a stream of requests."""

    async def write(self, request: Any) -> None:
        """Send one more request."""
        if self._listener is not None:
            self._listener.tell_request(request)
        await self._call.write(request)

    async def done_writing(self) -> None:
        """Tell the server that there are no more requests."""
        await self._call.done_writing()


class ForgettableUnaryStream(_Forgettable, aio.UnaryStreamCall[Any, Any]):
    """A call with one request and a stream of responses."""


class ForgettableStreamStream(_Forgettable, _Writable, aio.StreamStreamCall[Any, Any]):
    """A call with streams both ways."""


class HookedStreamUnary(_Writable, aio.StreamUnaryCall[Any, Any]):
    """A call with a stream of requests and one response, whose requests somebody is told of."""

    def __await__(self) -> Any:
        return self._call.__await__()
