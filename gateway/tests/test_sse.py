from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from gateway.sse import EventStream, event


async def test_a_bug_in_the_events_closes_them_and_is_not_hidden() -> None:
    closed = False

    async def events() -> AsyncGenerator[bytes]:
        nonlocal closed
        try:
            yield event("one", "1")
            raise RuntimeError("bug")
        finally:
            closed = True

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="bug"):
        await EventStream(events(), heartbeat=1, stopping=asyncio.Event())({"type": "http"}, receive, send)

    assert closed
    assert [message.get("body") for message in sent] == [None, b"event: one\ndata: 1\n\n"]


def test_an_event_is_written_as_the_standard_says() -> None:
    assert event("order.placed", '{"a":1}', "7") == b'event: order.placed\ndata: {"a":1}\nid: 7\n\n'
