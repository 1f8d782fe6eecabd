"""Follows the response to its last byte, which ends the span."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.asgi import Message, Scope, Send
from telemetry.errors import record_error
from telemetry.errors.texts import type_name
from telemetry.http.capture import Captured
from telemetry.http.client import Client
from telemetry.http.disconnect import is_about_leaving
from telemetry.http.metrics import CANCELLED, RequestTimer
from telemetry.http.request import span_name
from telemetry.http.routes import route_of
from telemetry.http.trace_id import with_trace_id

SERVER_ERROR = 500
INCOMPLETE = "incomplete_response"  # the application returned before the last byte


class Response:
    """Follows the response, and ends the span with its last byte, or when the application ends without one.

    Args:
        span: The request's.
        scope: Has the route at the end.
        send: The server's.
        client: The request's client.
        header: Name of the response header with the trace id.
        captured: Which headers the span shows.
        timer: Measures the request.
    """

    __slots__ = (
        "_captured",
        "_client",
        "_complete",
        "_cut",
        "_ended",
        "_failed",
        "_header",
        "_recording",
        "_scope",
        "_send",
        "_size",
        "_span",
        "_status",
        "_timer",
    )

    def __init__(  # noqa: PLR0913, PLR0917  made in one place, once a request
        self,
        span: Span,
        scope: Scope,
        send: Send,
        client: Client,
        header: bytes,
        captured: Captured,
        timer: RequestTimer | None = None,
    ) -> None:
        self._span = span
        self._recording = span.is_recording()
        self._scope = scope
        self._send = send
        self._client = client
        self._header = header
        self._captured = captured
        self._timer = timer
        self._status: int | None = None
        self._size = 0
        self._failed: str | None = None
        self._ended = self._cut = self._complete = False

    async def send(self, message: Message) -> None:
        """Pass on a message."""
        finished = False
        if message["type"] == "http.response.start":
            self._start(message)
        elif message["type"] == "http.response.body":
            self._size += len(message.get("body", b""))
            finished = not message.get("more_body", False)
        elif message["type"] == "http.response.pathsend":
            finished = True  # https://asgi.readthedocs.io/en/latest/extensions.html#path-send
        if finished:
            self._complete = True
            self._client.stop()
        try:
            await self._send(message)
        except OSError:  # what ASGI servers raise after a disconnect
            self._client.left = True
            raise
        # After a 5xx, Starlette raises the cause; the span waits to record it.
        if finished and (self._status or 0) < SERVER_ERROR:
            self.end()

    def fail(self, error: Exception) -> None:
        """Record the application's exception if the response is not complete."""
        if not (self._ended or (self._client.left and is_about_leaving(error))):
            self._failed = type_name(error)
            self._status = self._status or SERVER_ERROR
            record_error(self._span, error)

    def cut(self) -> None:
        """Record that the server cut off the request."""
        self._cut = True

    def end(self) -> None:
        """End the span; only the first call counts."""
        if self._ended:
            return
        self._ended = True
        if self._status is None and not (self._cut or self._client.left):
            self._status = SERVER_ERROR  # servers respond so when an application returns without a response
        if not self._recording and self._timer is None:
            return
        route, error_type = route_of(self._scope), self._error_type()
        if self._recording:
            self._describe(route, error_type)
        self._span.end()
        if self._timer is not None:
            failed = str(self._status) if (self._status or 0) >= SERVER_ERROR else None
            self._timer.end(self._status, route, self._failed or error_type or failed)

    def _start(self, message: Message) -> None:
        self._status = message["status"]
        headers = message.get("headers", ())
        if self._recording and (captured := self._captured.of_response(headers)):
            self._span.set_attributes(captured)
        message["headers"] = with_trace_id(headers, self._header, self._span)

    def _describe(self, route: str | None, error_type: str | None) -> None:
        span, attributes = self._span, self._attributes()
        if route is not None:
            span.update_name(f"{span_name(self._scope)} {route}")
            attributes[semconv.HTTP_ROUTE] = route
        if error_type is not None:
            attributes[semconv.ERROR_TYPE] = error_type
            if self._cut or error_type != CANCELLED:
                span.set_status(Status(StatusCode.ERROR))
        span.set_attributes(attributes)

    def _attributes(self) -> dict[str, AttributeValue]:
        attributes: dict[str, AttributeValue] = {}
        if self._status is not None:
            attributes[semconv.HTTP_RESPONSE_STATUS_CODE] = self._status
            if self._scope.get("method") != "HEAD":
                attributes[semconv.HTTP_RESPONSE_BODY_SIZE] = self._size
        if self._client.body_size and semconv.HTTP_REQUEST_BODY_SIZE not in self._recorded():
            attributes[semconv.HTTP_REQUEST_BODY_SIZE] = self._client.body_size
        return attributes

    def _recorded(self) -> Mapping[str, object]:
        return getattr(self._span, "attributes", None) or {}  # the API's span does not show them

    def _error_type(self) -> str | None:
        """Return the error that is not recorded yet; a disconnect is not a server error, so the status stays."""
        if self._failed:
            return None
        if self._complete and (self._status or 0) >= SERVER_ERROR:
            # What a route recorded itself is more precise.
            return None if semconv.ERROR_TYPE in self._recorded() else str(self._status)
        if self._cut or self._client.left:
            return CANCELLED
        return None if self._complete else INCOMPLETE
