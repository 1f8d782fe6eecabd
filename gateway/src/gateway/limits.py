"""How much of a body is read, and for how long."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException

from gateway.problems import TOO_LARGE, TOO_SLOW, problem_response
from telemetry.http import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1024 * 1024


class BodyLimit:
    """Refuses a body that is too large, by its declared length or while it streams in, or too slow.

    Args:
        app: What is protected.
        seconds: For the whole body to arrive.
        largest: In bytes.
    """

    def __init__(self, app: ASGIApp, *, seconds: float, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._seconds = seconds
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _declared_length(scope) > self._largest:
            response = problem_response(scope["path"], TOO_LARGE, f"the body is larger than {self._largest} bytes")
            await response(scope, receive, send)
            return
        body = _Body(receive, self._largest, asyncio.get_running_loop().time() + self._seconds)
        await self._app(scope, body.receive, send)


class _Body:
    """Counts what arrives; after the body's end it waits for the client to leave, as long as that takes."""

    def __init__(self, receive: Receive, largest: int, ends_at: float) -> None:
        self._receive = receive
        self._left = largest
        self._ends_at = ends_at
        self._complete = False

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._ends_at):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(TOO_SLOW.status) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(TOO_LARGE.status)
        self._complete = not message.get("more_body", False)
        return message


def _declared_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(value) for value in lengths if value.isdigit()), default=0)
