"""The client of a request while it is served: what it sends, and whether it is still connected.

FastAPI does not notice a disconnect before the response, because nothing calls `receive`. So when a request takes
longer than a moment, this class calls it, and a disconnect cancels the application. A message read meanwhile is kept
for the application; at most one message of the body is read ahead. An application that waits in `receive` itself gets
the disconnect and ends by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context, copy_context

from telemetry.asgi import Message, Receive, Scope
from telemetry.http.watch import Watch


class Client:
    """Wraps the server's `receive` for the application; created in the task that serves the request.

    Args:
        scope: The request's.
        receive: The server's.
        watch: Calls `look` after a moment; None: a disconnect cancels nothing.

    Attributes:
        left: The client disconnected before the response was complete.
        stopped: The watch has ended.
        body_size: Bytes of the body read by the application.
    """

    # Class attributes, since most requests never set them.
    left = stopped = False
    body_size = 0
    _unread: deque[Message] | None = None
    _arrived: asyncio.Event | None = None
    _pump: asyncio.Task[None] | None = None
    _listening = _due = _cancelled = False
    _task: asyncio.Task[object] | None = None

    def __init__(self, scope: Scope, receive: Receive, watch: Watch | None) -> None:
        self._scope = scope
        self._receive = receive
        if watch is not None and (task := asyncio.current_task(watch.loop)) is not None:
            self._task = task
            self._cancelling = task.cancelling()
            self._context: Context = copy_context()
            watch.add(self)

    async def receive(self) -> Message:
        """Return the next message."""
        self._listening = True
        try:
            # Only the application reads most requests, before a moment has passed.
            message = await (self._receive() if self._pump is None and not self._unread else self._next())
        finally:
            self._listening = False
        if message["type"] == "http.request":
            self.body_size += len(message.get("body", b""))
            if self._due and self._pump is None and not message.get("more_body", False):
                self._start_pump()
        elif not self.stopped:
            self.left = True
        return message

    def stop(self) -> None:
        """Stop watching: the response is complete."""
        if self.stopped:
            return
        self.stopped = True
        if self._pump is not None:
            self._pump.cancel()

    def settle(self) -> bool:
        """Stop watching, and return whether only this object cancelled the application."""
        self.stop()
        if not self._cancelled or self._task is None:
            return False
        self._cancelled = False
        return self._task.uncancel() <= self._cancelling

    async def _next(self) -> Message:
        while self._pump is not None and not self._unread:
            self._arrived = self._arrived or asyncio.Event()
            self._arrived.clear()
            await self._arrived.wait()
        return self._unread.popleft() if self._unread else await self._receive()

    def look(self) -> None:
        """Watch for a disconnect from now on: a moment has passed."""
        self._due = True
        # RFC 9110, 10.1.1: reading asks the client for the body; the application decides that.
        asked = any(name == b"expect" for name, _value in self._scope["headers"])
        if not self._listening and not asked:
            self._start_pump()

    def _start_pump(self) -> None:
        if not (self.stopped or self.left):
            self._pump = asyncio.create_task(self._read_ahead(), context=self._context)

    async def _read_ahead(self) -> None:
        try:
            more = False
            while not (more or self.left):
                message = await self._receive()
                more = message.get("more_body", False)
                self._take(message)
        finally:
            self._pump = None
            if self._arrived is not None:
                self._arrived.set()

    def _take(self, message: Message) -> None:
        is_told = self._listening and not self._unread
        self._unread = self._unread or deque()
        self._unread.append(message)
        if self._arrived is not None:
            self._arrived.set()
        if message["type"] != "http.disconnect" or self.stopped:
            return
        self.left = True
        if not is_told and self._task is not None:
            self._cancelled = True
            self._task.cancel()
