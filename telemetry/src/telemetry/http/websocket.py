"""One span for a WebSocket connection, from its handshake to its close."""

from __future__ import annotations

from time import perf_counter

from opentelemetry.context import get_current
from opentelemetry.trace import Span, Status, StatusCode

from telemetry import semconv
from telemetry.asgi import ASGIApp, Message, Receive, Scope, Send
from telemetry.errors import record_error
from telemetry.errors.texts import type_name
from telemetry.http.connections import ConnectionMetrics, Ended
from telemetry.http.disconnect import is_about_leaving
from telemetry.http.request import span_name
from telemetry.http.routes import route_of
from telemetry.http.trace_id import with_trace_id

_SWITCHING = 101
_REFUSED = 403
_FAILED = 500
_INTERNAL_ERROR = 1011  # RFC 6455, 7.4.1


class WebSocket:
    """Follows a connection.

    Args:
        span: The connection's.
        scope: Has the route at the end.
        receive: The server's.
        send: The server's.
        header: Name of the header with the trace id in the handshake's response.
        metrics: Measures the connection; None measures nothing.
    """

    __slots__ = (
        "_close_code",
        "_failed",
        "_header",
        "_metrics",
        "_receive",
        "_scope",
        "_send",
        "_span",
        "_started",
        "_status",
    )

    def __init__(  # noqa: PLR0913, PLR0917  made in one place, once a connection
        self,
        span: Span,
        scope: Scope,
        receive: Receive,
        send: Send,
        header: bytes,
        metrics: ConnectionMetrics | None = None,
    ) -> None:
        self._span = span
        self._scope = scope
        self._receive = receive
        self._send = send
        self._header = header
        self._metrics = metrics
        self._started = perf_counter()
        self._status: int | None = None
        self._close_code: int | None = None
        self._failed: str | None = None

    async def serve(self, app: ASGIApp) -> None:
        """Run the application, and end the span."""
        try:
            await app(self._scope, self._take, self._hand_on)
        except Exception as error:
            self._fail(error)
            raise
        finally:
            self._end()

    async def _take(self) -> Message:
        message = await self._receive()
        if message["type"] == "websocket.disconnect" and self._close_code is None:
            self._close_code = message.get("code", 1005)
        return message

    async def _hand_on(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.accept":
            self._answer(_SWITCHING, message)
        elif kind == "websocket.http.response.start":
            self._answer(message["status"], message)
        elif kind == "websocket.close" and self._status is None:
            self._status = _REFUSED
        elif kind == "websocket.close" and self._close_code is None:
            self._close_code = message.get("code", 1000)
        await self._send(message)

    def _answer(self, status: int, message: Message) -> None:
        self._status = status
        message["headers"] = with_trace_id(message.get("headers", ()), self._header, self._span)

    def _fail(self, error: Exception) -> None:
        if self._close_code is not None and is_about_leaving(error):
            return
        if self._status is None:
            self._status = _FAILED
        elif self._close_code is None:
            self._close_code = _INTERNAL_ERROR
        self._failed = type_name(error)
        record_error(self._span, error)

    def _end(self) -> None:
        span, route = self._span, route_of(self._scope)
        if route is not None:
            span.update_name(f"{span_name(self._scope)} {route}")
            span.set_attribute(semconv.HTTP_ROUTE, route)
        if self._status is not None:
            span.set_attribute(semconv.HTTP_RESPONSE_STATUS_CODE, self._status)
        if self._close_code is not None:
            span.set_attribute(semconv.WEBSOCKET_CLOSE_CODE, self._close_code)
        if self._close_code == _INTERNAL_ERROR:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        if self._metrics is not None:
            scheme = self._scope.get("scheme", "ws")
            ended = Ended(scheme, route, self._status, self._close_code, self._failed or self._error_type())
            self._metrics.record(ended, perf_counter() - self._started, get_current())

    def _error_type(self) -> str | None:
        """Return the error where nothing was raised: from the handshake's response, or from the close code."""
        if (self._status or 0) >= _FAILED:
            return str(self._status)
        return str(_INTERNAL_ERROR) if self._close_code == _INTERNAL_ERROR else None
