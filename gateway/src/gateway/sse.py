"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from fastapi.sse import format_sse_event
from starlette.responses import Response

from telemetry.http import Receive, Scope, Send

_HEARTBEAT = format_sse_event(comment="heartbeat")


def event(name: str, data: str, event_id: str | None = None) -> bytes:
    """Give one event as it is sent."""
    return format_sse_event(event=name, data_str=data, id=event_id)


class EventStream(Response):
    """Sends events as they come, and a comment after each silence, until they end.

    It also ends when the client leaves or the server is about to stop; the generator is closed in every case.

    Args:
        events: Each as `event` gives it; what they raise breaks the stream off.
        heartbeat: Seconds of silence before a comment.
        stopping: Set when the server is about to stop.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes], *, heartbeat: float, stopping: asyncio.Event) -> None:
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events
        self._heartbeat = heartbeat
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's own signature
        """Send the response."""
        leaving = asyncio.create_task(_until_left(receive))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._send_all({leaving, stopping}, send)
            if not leaving.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await _cancel(leaving, stopping)
            await self._events.aclose()

    async def _send_all(self, ends: set[asyncio.Task[object]], send: Send) -> None:
        while True:
            reading = asyncio.create_task(anext(self._events, None))
            try:
                while not reading.done():
                    done, _ = await asyncio.wait(
                        {reading, *ends}, timeout=self._heartbeat, return_when=asyncio.FIRST_COMPLETED
                    )
                    if done & ends:
                        return
                    if not done:
                        await _send_chunk(_HEARTBEAT, send)
            finally:
                await _cancel(reading)
            chunk = reading.result()
            if chunk is None:
                return
            await _send_chunk(chunk, send)


async def _send_chunk(chunk: bytes, send: Send) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _until_left(receive: Receive) -> object:
    while (await receive())["type"] != "http.disconnect":
        continue
    return None


async def _cancel(*tasks: asyncio.Task[object]) -> None:
    """End the tasks; how they ended no longer matters, and asyncio is told so."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
