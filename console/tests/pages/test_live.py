from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from console.model import Span
from console.otlp.spans import StoredSpan
from console.pages.live import Live
from console.stores import Stores

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]


async def stream(live: Live, trace_id: str = "") -> AsyncIterator[str]:
    request = Request({"type": "http", "path_params": {"trace_id": trace_id}})
    answer = await (live.trace(request) if trace_id else live.traces(request))
    assert isinstance(answer, StreamingResponse)
    assert answer.media_type == "text/event-stream"
    return answer.body_iterator  # type: ignore[return-value]  # texts, as they were given


async def test_a_page_is_told_the_version_when_it_comes_and_when_that_changes(
    stores: Stores, received: Received, make_span: MakeSpan
) -> None:
    async with aclosing(await stream(Live(stores))) as events:  # type: ignore[type-var]  # a generator
        assert await anext(events) == "retry: 1000\nevent: changed\ndata: 0.0.0\n\n"
        stores.traces.add(received([make_span()]))
        assert await anext(events) == "event: changed\ndata: 1.1.0\n\n"


async def test_who_looks_at_one_trace_is_not_told_of_others(
    stores: Stores, received: Received, make_span: MakeSpan
) -> None:
    async with aclosing(await stream(Live(stores), f"{2:032x}")) as events:  # type: ignore[type-var]  # a generator
        assert (await anext(events)).endswith("data: 0.0\n\n")
        stores.traces.add(received([make_span(1)]))
        stores.traces.add(received([make_span(2)]))
        assert await anext(events) == "event: changed\ndata: 1.0\n\n"


async def test_when_the_console_ends_its_streams_do(stores: Stores) -> None:
    async with aclosing(await stream(Live(stores))) as events:  # type: ignore[type-var]  # a generator
        await anext(events)
        stores.close()
        with pytest.raises(StopAsyncIteration):
            await anext(events)


async def test_when_too_many_pages_are_open_the_next_is_told_to_come_back_later(stores: Stores) -> None:
    live = Live(stores)
    opened = [await stream(live) for _ in range(64)]
    for events in opened:
        await anext(events)
    assert [event async for event in await stream(live)] == ["retry: 30000\n\n"]
    await opened[0].aclose()  # type: ignore[attr-defined]  # a generator
    assert (await anext(await stream(live))).startswith("retry: 1000")
    for events in opened:
        await events.aclose()  # type: ignore[attr-defined]  # a generator
