"""The response to a request that is neither recorded nor measured."""

from __future__ import annotations

from collections.abc import Awaitable

from telemetry.asgi import Message, Send
from telemetry.context.w3c import UnsampledSpan
from telemetry.http.client import Client
from telemetry.http.trace_id import with_trace_id


class UnrecordedResponse:
    """Adds the trace id, and ends the watch of the client with the last byte; its outcome is not recorded.

    Args:
        span: The request's.
        send: The server's.
        client: The request's client.
        header: Name of the response header with the trace id.
    """

    def __init__(self, span: UnsampledSpan, send: Send, client: Client, header: bytes) -> None:
        self._span = span
        self._send = send
        self._client = client
        self._header = header

    def send(self, message: Message) -> Awaitable[None]:
        """Pass on a message."""
        kind = message["type"]
        if kind == "http.response.start":
            message["headers"] = with_trace_id(message.get("headers", ()), self._header, self._span)
        elif kind == "http.response.body" and not message.get("more_body", False):
            self._client.stop()
        return self._send(message)

    def fail(self, error: Exception) -> None:
        """Do nothing."""

    def cut(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""
