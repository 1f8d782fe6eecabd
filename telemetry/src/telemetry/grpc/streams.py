"""Calls that stream responses, which their caller may simply forget: then they are cancelled, on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from grpc import aio


class _ForgettableStream(aio.Call):
    """gRPC's own call, and nothing that gRPC holds on to: when its caller leaves it, it is collected and cancels.

    gRPC's own object cancels when it is collected too. But it is never collected before the call has ended: the
    channel's list of calls, and callbacks, hold it.

    Args:
        call: gRPC's own.
    """

    def __init__(self, call: Any) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._responses: AsyncIterator[Any] | None = None

    def __del__(self) -> None:
        if not self._call.done():
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._call.cancel)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __repr__(self) -> str:
        return repr(self._call)

    def __aiter__(self) -> AsyncIterator[Any]:
        self._responses = self._call.__aiter__()
        return self

    async def __anext__(self) -> Any:
        responses = self._responses or aiter(self._call)
        return await anext(responses)

    async def read(self) -> Any:
        """Give the next response; `aio.EOF` after the last."""
        return await self._call.read()

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


class ForgettableUnaryStream(_ForgettableStream, aio.UnaryStreamCall[Any, Any]):
    """A call with one request and a stream of responses."""


class ForgettableStreamStream(_ForgettableStream, aio.StreamStreamCall[Any, Any]):
    """A call with streams both ways."""

    async def write(self, request: Any) -> None:
        """Send one more request."""
        await self._call.write(request)

    async def done_writing(self) -> None:
        """Tell the server that there are no more requests."""
        await self._call.done_writing()
