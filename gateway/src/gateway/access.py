"""One log line a request, without the query: people put secrets there."""

from __future__ import annotations

import logging
from time import perf_counter
from urllib.parse import quote

from telemetry import semconv
from telemetry.http import ASGIApp, Message, Receive, Scope, Send, route_of
from telemetry.logs.fields import CLEAN
from telemetry.redaction import redact

_logger = logging.getLogger(__name__)

_CLIENT_LEFT = 499
_SERVER_ERROR = 500


class AccessLog:
    """Logs method, path, status and milliseconds when the response ends; 499 when the client left before it began.

    The same stands in fields of the record, named as on the span. A 5xx is logged as an error.

    Args:
        app: What is served.
        exclude: Paths that are asked for all the time, such as those of health checks.
    """

    def __init__(self, app: ASGIApp, exclude: tuple[str, ...] = ("/livez", "/readyz")) -> None:
        self._app = app
        self._exclude = frozenset(exclude)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] in self._exclude:
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), _CLIENT_LEFT

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            _log(scope, status, perf_counter() - started)


def _log(scope: Scope, status: int, seconds: float) -> None:
    level = logging.ERROR if status >= _SERVER_ERROR else logging.INFO
    if not _logger.isEnabledFor(level):
        return
    method, path = scope["method"], redact(quote(scope["path"], errors="replace"))
    client = scope.get("client")
    fields: dict[str, object] = {
        semconv.HTTP_REQUEST_METHOD: method,
        semconv.URL_PATH: path,
        semconv.HTTP_RESPONSE_STATUS_CODE: status,
        semconv.CLIENT_ADDRESS: client[0] if client else "",
        "duration": round(seconds, 6),
        CLEAN: True,
    }
    route = route_of(scope)
    if route is not None:
        fields[semconv.HTTP_ROUTE] = route
    _logger.log(level, "%s %s %d %.1f ms", method, path, status, seconds * 1000, extra=fields)
