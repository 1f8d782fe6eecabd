"""How much of a body is read, and for how long."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.exceptions import HTTPException

from gateway.problems import TOO_LARGE, TOO_SLOW, problem_response
from telemetry.http import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1024 * 1024

# Seconds after which a client whose body has been refused will send no more of it.
_SILENCE = 0.5


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
        body = _Body(receive, self._largest, self._seconds)
        answer = _Answer(send, body)
        if _declared_length(scope) > self._largest:
            response = problem_response(scope["path"], TOO_LARGE, f"the body is larger than {self._largest} bytes")
            await response(scope, receive, answer.send)
            return
        await self._app(scope, body.receive, answer.send)


class _Answer:
    """Ends the refusal of a body only when the client has sent it all, or for too long.

    The connection is closed with it; on bytes that nobody has read, that is a reset, and the client never hears why.
    """

    def __init__(self, send: Send, body: _Body) -> None:
        self._send = send
        self._body = body
        self._status = 0

    async def send(self, message: Message) -> None:
        self._status = message.get("status", self._status)
        is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if is_last and self._status == TOO_LARGE.status:
            await self._send({**message, "more_body": True})
            await self._body.discard()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)


class _Body:
    """Counts what arrives; after the body's end it waits for the client to leave, as long as that takes."""

    def __init__(self, receive: Receive, largest: int, seconds: float) -> None:
        self._receive = receive
        self._left = largest
        self._seconds = seconds
        self._ends_at = asyncio.get_running_loop().time() + seconds
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

    async def discard(self) -> None:
        """Read what still comes, to no use."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                while not self._complete:
                    async with asyncio.timeout(_SILENCE):
                        self._complete = not (await self._receive()).get("more_body", False)


def _declared_length(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(value) for value in lengths if value.isdigit()), default=0)
