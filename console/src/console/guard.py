"""Keeps foreign web pages out.

A page of another site cannot reach the console through a name of its own that points at this machine (DNS rebinding:
its ``Host`` is foreign), nor by sending requests to it (its ``Origin`` is foreign).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})

_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?")
_SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class Guard:
    """Refuses requests with a foreign Host or Origin (403) and puts the security headers on every answer.

    Args:
        app: the application to guard.
        hosts: the host names, without port, under which it may be called besides the loopback's.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = LOOPBACK_HOSTS | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_SECURITY_HEADERS)
            await send(message)

        problem = self._problem(Headers(scope=scope))
        app = PlainTextResponse(problem, HTTPStatus.FORBIDDEN) if problem else self._app
        await app(scope, receive, send_secured)

    def _problem(self, headers: Headers) -> str:
        hosts = headers.getlist("host")
        authority = hosts[0].lower() if len(hosts) == 1 else ""
        match = _AUTHORITY.fullmatch(authority)
        if match is None or match["host"] not in self._hosts:
            return "Host: this console answers to its own names only; ALLOWED_HOSTS adds to them"
        origins = [origin.lower() for origin in headers.getlist("origin")]
        if any(origin not in {f"http://{authority}", f"https://{authority}"} for origin in origins):
            return "Origin: pages of other sites may not call this console"
        return ""
