"""One log line a request, without the query: people put secrets there."""

from __future__ import annotations

import logging
from time import perf_counter
from urllib.parse import quote

from telemetry.http import ASGIApp, Message, Receive, Scope, Send

_logger = logging.getLogger(__name__)

_CLIENT_LEFT = 499


class AccessLog:
    """Logs method, path, status and milliseconds when the response ends; 499 when the client left before it began.

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
            path = quote(scope["path"], errors="replace")
            _logger.info("%s %s %d %.1f ms", scope["method"], path, status, (perf_counter() - started) * 1000)
