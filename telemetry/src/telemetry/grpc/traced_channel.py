"""A channel around a real one, whose calls are traced, carry the tenant, and have a deadline.

It does what the interceptors in `telemetry.grpc.client` do at a fraction of their cost: for a channel with
interceptors, ``grpc.aio`` creates a second call object and another task per call. Here the caller gets gRPC's own
call; only a call that streams responses is wrapped, so that it is cancelled when the caller abandons it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Self

import grpc
from grpc import aio

from telemetry.grpc.outgoing import Ending, Outgoing, OutgoingCalls
from telemetry.grpc.streams import ForgettableStreamStream, ForgettableUnaryStream, HookedStreamUnary, Listener

_logger = logging.getLogger(__name__)

UnaryUnary = aio.UnaryUnaryMultiCallable[Any, Any]
UnaryStream = aio.UnaryStreamMultiCallable[Any, Any]
StreamUnary = aio.StreamUnaryMultiCallable[Any, Any]
StreamStream = aio.StreamStreamMultiCallable[Any, Any]


class TracedChannel(aio.Channel):
    """A channel of ``grpc.aio`` as any other.

    Args:
        channel: Makes the calls.
        calls: Begins them.
    """

    def __init__(self, channel: aio.Channel, calls: OutgoingCalls) -> None:
        self._channel = channel
        self._calls = calls

    async def __aenter__(self) -> Self:
        await self._channel.__aenter__()
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        await self._channel.close()

    async def close(self, grace: float | None = None) -> None:
        """Close the channel; calls that run get `grace` seconds to end before they are cancelled."""
        await self._channel.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:  # noqa: FBT001, FBT002  gRPC's
        """Give the state of the connection."""
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait until the state is another."""
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until there is a connection, however long that takes; see `telemetry.grpc.channel.wait_until_ready`."""
        await self._channel.channel_ready()

    def unary_unary(self, method: str, *arguments: Any, **options: Any) -> UnaryUnary:
        """Give what makes calls with one request and one response."""
        return _UnaryUnary(self._calls, method, self._channel.unary_unary(method, *arguments, **options))

    def unary_stream(self, method: str, *arguments: Any, **options: Any) -> UnaryStream:
        """Give what makes calls with one request and a stream of responses."""
        return _UnaryStream(self._calls, method, self._channel.unary_stream(method, *arguments, **options))

    def stream_unary(self, method: str, *arguments: Any, **options: Any) -> StreamUnary:
        """Give what makes calls with a stream of requests and one response."""
        return _StreamUnary(self._calls, method, self._channel.stream_unary(method, *arguments, **options))

    def stream_stream(self, method: str, *arguments: Any, **options: Any) -> StreamStream:
        """Give what makes calls with streams both ways."""
        return _StreamStream(self._calls, method, self._channel.stream_stream(method, *arguments, **options))


class _Caller:
    """What all four shapes do alike.

    Args:
        calls: Begins the calls.
        method: Its path.
        make: Makes the real calls.
    """

    def __init__(self, calls: OutgoingCalls, method: str, make: Callable[..., Any]) -> None:
        self._calls = calls
        self._method = calls.methods.get(method)
        self._make = make
        self._endings: set[asyncio.Task[None]] = set()

    def _begin(
        self,
        request: Any,
        outgoing: Outgoing,
        *more: Any,
        one_request: bool = True,
        one_response: bool = True,
    ) -> tuple[Any, Listener | None]:
        """Start a call; return it with the listener of its messages."""
        timeout, metadata, _context, ending = outgoing
        credentials, wait_for_ready, compression = more
        hooks = self._calls.hooks
        listener = None if hooks is None or ending is None else Listener(hooks, ending.span)
        if listener is not None:
            if one_request:
                listener.tell_request(request)
            elif request is not None:
                request = listener.hooks.tell_requests(listener.span, request)
        try:
            call = self._make(
                request,
                timeout=timeout,
                metadata=metadata,
                credentials=credentials,
                wait_for_ready=wait_for_ready,
                compression=compression,
            )
        except BaseException as error:
            if ending is not None:
                ending.with_error(error)
            raise
        if ending is not None:
            waits = listener is not None and one_response and listener.hooks.response is not None
            call.add_done_callback(self._after_response(ending, listener) if listener and waits else ending.with_call)
        return call, listener

    def _after_response(self, ending: Ending, listener: Listener) -> Callable[[Any], None]:
        """Make a callback that ends a call when its hook has seen the one response: gRPC reads it after the status."""

        async def end(call: Any) -> None:
            try:
                listener.tell_response(await call)
            except (Exception, asyncio.CancelledError):  # the caller is told, and the call says how it ended
                _logger.debug("a call gave no response", exc_info=True)
            ending.with_call(call)

        def begin_to_end(call: Any) -> None:
            task = asyncio.get_running_loop().create_task(end(call))
            self._endings.add(task)
            task.add_done_callback(self._endings.discard)

        return begin_to_end


class _UnaryUnary(_Caller, UnaryUnary):
    def __call__(  # noqa: PLR0913  gRPC's signature
        self,
        request: Any,
        *,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        limit = self._calls.timeouts.unary if timeout is None else timeout
        outgoing = self._calls.begin(self._method, limit, metadata)
        if outgoing[3] is not None:
            return self._begin(request, outgoing, credentials, wait_for_ready, compression)[0]
        return self._make(
            request,
            timeout=outgoing[0],
            metadata=outgoing[1],
            credentials=credentials,
            wait_for_ready=wait_for_ready,
            compression=compression,
        )


class _UnaryStream(_Caller, UnaryStream):
    def __call__(  # noqa: PLR0913  gRPC's signature
        self,
        request: Any,
        *,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        limit = self._calls.timeouts.stream if timeout is None else timeout
        outgoing = self._calls.begin(self._method, limit, metadata)
        options = (credentials, wait_for_ready, compression)
        return ForgettableUnaryStream(*self._begin(request, outgoing, *options, one_response=False))


class _StreamUnary(_Caller, StreamUnary):
    def __call__(  # noqa: PLR0913, PLR0917  gRPC's signature
        self,
        request_iterator: Any = None,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,  # noqa: FBT001  gRPC's signature
        compression: grpc.Compression | None = None,
    ) -> Any:
        limit = self._calls.timeouts.unary if timeout is None else timeout
        outgoing = self._calls.begin(self._method, limit, metadata)
        options = (credentials, wait_for_ready, compression)
        call, listener = self._begin(request_iterator, outgoing, *options, one_request=False)
        return call if listener is None else HookedStreamUnary(call, listener)


class _StreamStream(_Caller, StreamStream):
    def __call__(  # noqa: PLR0913, PLR0917  gRPC's signature
        self,
        request_iterator: Any = None,
        timeout: float | None = None,
        metadata: Any = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,  # noqa: FBT001  gRPC's signature
        compression: grpc.Compression | None = None,
    ) -> Any:
        limit = self._calls.timeouts.stream if timeout is None else timeout
        outgoing = self._calls.begin(self._method, limit, metadata)
        options = (credentials, wait_for_ready, compression)
        return ForgettableStreamStream(
            *self._begin(request_iterator, outgoing, *options, one_request=False, one_response=False)
        )
