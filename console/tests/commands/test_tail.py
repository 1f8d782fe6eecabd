from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from console.client import QueryError
from console.commands.tail import Wanted, settled, tail

PlaceOrder = Callable[[], str]


@asynccontextmanager
async def following(console: Any, screen: Any, wanted: Wanted, *, as_json: bool = False) -> AsyncIterator[None]:
    task = asyncio.create_task(tail(console.url, wanted, as_json=as_json, out=screen.out))
    try:
        async with asyncio.timeout(30):
            yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_a_line_comes(screen: Any, send: Callable[[], object]) -> None:
    """Send again and again: nobody tells from when on it is followed."""
    while not screen.lines:
        await asyncio.to_thread(send)
        await asyncio.sleep(0.1)


async def test_a_trace_is_a_line_when_it_has_settled(console: Any, place_order: PlaceOrder, screen: Any) -> None:
    async with following(console, screen, Wanted(service="user")):
        await until_a_line_comes(screen, place_order)
    words = screen.lines[0].split()
    assert words[1:-1] == ["201", "42.12", "ms", "gateway", "POST", "/v1/orders", "7", "spans", "·", "acme"]
    assert len(words[-1]) == 32


async def test_scripts_get_an_object_a_line(console: Any, place_order: PlaceOrder, screen: Any) -> None:
    async with following(console, screen, Wanted(), as_json=True):
        await until_a_line_comes(screen, place_order)
    trace = json.loads(screen.lines[0])
    assert (trace["name"], trace["services"], trace["spans"]) == ("POST /v1/orders", ["gateway", "order", "user"], 7)


async def test_log_records_are_followed_too(console: Any, screen: Any) -> None:
    record = {"timeUnixNano": "1", "severityNumber": 17, "body": {"stringValue": "over\x1b[2J\nthere"}}
    request = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    async with following(console, screen, Wanted(logs=True, errors=True)):
        await until_a_line_comes(screen, lambda: httpx.post(f"{console.url}/v1/logs", json=request))
    assert screen.lines[0].split()[1:] == ["ERROR", "missing-service-name", "over\N{REPLACEMENT CHARACTER}[2J", "there"]


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (Wanted(), True),
        (Wanted(service="order"), True),
        (Wanted(service="user"), False),
        (Wanted(errors=True), False),
    ],
)
def test_what_is_not_wanted_is_left_out(wanted: Wanted, *, matches: bool) -> None:
    assert wanted.matches({"service": "gateway", "services": ["gateway", "order"], "errors": 0}) is matches


async def test_a_console_that_is_not_there_is_an_error(screen: Any) -> None:
    with pytest.raises(QueryError, match=r"http://127\.0\.0\.1:1/api/tail/traces: "):
        await tail("http://127.0.0.1:1", Wanted(), as_json=False, out=screen.out)


async def changes(*names: str) -> AsyncGenerator[dict[str, Any]]:
    for index, name in enumerate(names):
        yield {"trace_id": name, "spans": index}


async def test_each_trace_settles_as_it_was_last() -> None:
    found = [trace async for trace in settled(changes("a", "b", "a"), within=30)]
    assert found == [{"trace_id": "b", "spans": 1}, {"trace_id": "a", "spans": 2}]


async def test_a_trace_that_grows_after_it_has_settled_is_given_again() -> None:
    grows = asyncio.Event()

    async def two_changes() -> AsyncGenerator[dict[str, Any]]:
        yield {"trace_id": "a", "spans": 1}
        await grows.wait()
        yield {"trace_id": "a", "spans": 2}

    async with asyncio.timeout(30):
        traces = settled(two_changes(), within=0)
        assert (await anext(traces))["spans"] == 1
        grows.set()
        assert [trace["spans"] async for trace in traces] == [2]
