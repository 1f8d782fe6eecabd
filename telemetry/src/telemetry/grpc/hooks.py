"""Hooks for the messages of calls. Without hooks, no message is recorded."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from grpc import aio
from opentelemetry.trace import Span

_logger = logging.getLogger(__name__)

MessageHook = Callable[[Span, Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Functions that get a call's open, recorded span and one message of the call, for each message.

    What a hook sets on the span is not redacted. An exception of a hook is logged, and the call continues.

    Attributes:
        request: Called with each request.
        response: Called with each response.
    """

    request: MessageHook | None = None
    response: MessageHook | None = None

    def tell_request(self, span: Span, message: Any) -> None:
        """Call the request hook."""
        _call(self.request, span, message)

    def tell_response(self, span: Span, message: Any) -> None:
        """Call the response hook."""
        _call(self.response, span, message)

    async def tell_requests(self, span: Span, messages: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
        """Yield the requests of a stream, and call the hook with each."""
        if isinstance(messages, AsyncIterable):
            async for message in messages:
                self.tell_request(span, message)
                yield message
        else:
            for message in messages:
                self.tell_request(span, message)
                yield message


class HookedContext:
    """A servicer context that calls the hooks for messages that the handler reads and writes itself."""

    def __init__(self, context: Any, span: Span, hooks: Hooks) -> None:
        self._context = context
        self._span = span
        self._hooks = hooks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def read(self) -> Any:
        """Return the next request; `aio.EOF` after the last."""
        message = await self._context.read()
        if message is not aio.EOF:
            self._hooks.tell_request(self._span, message)
        return message

    async def write(self, message: Any) -> None:
        """Send a response."""
        self._hooks.tell_response(self._span, message)
        await self._context.write(message)


def _call(hook: MessageHook | None, span: Span, message: Any) -> None:
    if hook is None or not span.is_recording():
        return
    try:
        hook(span, message)
    except Exception as error:  # noqa: BLE001  it is the user's code, and not the call's
        _logger.warning("a hook of calls failed: %s", type(error).__name__)
