"""Wrapped calls: those that stream responses, which the caller may abandon, and those with hooks."""

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
    """Receives one call's messages."""

    hooks: Hooks
    span: Span

    def tell_request(self, message: Any) -> None:
        """Receive a request."""
        self.hooks.tell_request(self.span, message)

    def tell_response(self, message: Any) -> None:
        """Receive a response."""
        self.hooks.tell_response(self.span, message)


class _Wrapped(aio.Call):
    """A wrapper of gRPC's call.

    Args:
        call: gRPC's call.
        listener: Receives the messages, or None.
    """

    def __init__(self, call: Any, listener: Listener | None) -> None:
        self._call = call
        self._listener = listener

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __repr__(self) -> str:
        return repr(self._call)

    def cancelled(self) -> bool:
        """Return whether the call was cancelled."""
        return bool(self._call.cancelled())

    def done(self) -> bool:
        """Return whether the call has ended."""
        return bool(self._call.done())

    def time_remaining(self) -> float | None:
        """Return the seconds until the deadline; None without one."""
        left: float | None = self._call.time_remaining()
        return left

    def cancel(self) -> bool:
        """Cancel the call; False when it has ended."""
        return bool(self._call.cancel())

    def add_done_callback(self, callback: Any) -> None:
        """Call `callback` with gRPC's call when it has ended."""
        self._call.add_done_callback(callback)

    # Coroutines that hold the call: the caller may hold only what they return.

    async def initial_metadata(self) -> Any:
        """Return the initial metadata."""
        return await self._call.initial_metadata()

    async def trailing_metadata(self) -> Any:
        """Return the trailing metadata; waits for the end."""
        return await self._call.trailing_metadata()

    async def code(self) -> Any:
        """Return the status code; waits for the end."""
        return await self._call.code()

    async def details(self) -> Any:
        """Return the status message; waits for the end."""
        return await self._call.details()

    async def wait_for_connection(self) -> None:
        """Wait until there is a connection; raise AioRpcError when there is none."""
        await self._call.wait_for_connection()


class _Forgettable(_Wrapped):
    """A stream that gRPC holds no reference to: when the caller abandons it, it is collected and cancels the call.

    gRPC's own object also cancels when it is collected, but the channel's list of calls and callbacks keep it alive
    until the call ends.
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
        """Return the next response; `aio.EOF` after the last."""
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
        """Close the stream of requests."""
        await self._call.done_writing()


class ForgettableUnaryStream(_Forgettable, aio.UnaryStreamCall[Any, Any]):
    """A call with one request and a stream of responses."""


class ForgettableStreamStream(_Forgettable, _Writable, aio.StreamStreamCall[Any, Any]):
    """A call with streams both ways."""


class HookedStreamUnary(_Writable, aio.StreamUnaryCall[Any, Any]):
    """A call with a stream of requests and one response, whose requests a listener receives."""

    def __await__(self) -> Any:
        return self._call.__await__()
