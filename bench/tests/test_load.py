from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bench.load import HOST, LoadError, run

Respond = Callable[[], Awaitable[bytes]]
_OK = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def _server(respond: Respond) -> AsyncIterator[int]:
    serving: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        try:
            while head := await _head(reader):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(await respond())
        finally:
            writer.close()

    async with await asyncio.start_server(serve, HOST, 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*(task for task in serving if task is not None))


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


async def test_sends_as_many_requests_as_it_is_told_spread_over_its_clients() -> None:
    served = 0

    async def respond() -> bytes:
        nonlocal served
        served += 1
        return _OK

    async with _server(respond) as port:
        took, each = await run(port, clients=3, requests=10, seconds=5)

    assert served == len(each) == 10
    assert 0 < max(each) <= took


async def test_fails_with_an_answer_that_is_none() -> None:
    async def respond() -> bytes:
        return b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\noops"

    async with _server(respond) as port:
        with pytest.raises(LoadError, match="oops"):
            await run(port, clients=1, requests=10, seconds=5)


async def test_gives_up_when_its_time_is_over() -> None:
    over = asyncio.Event()

    async def respond() -> bytes:
        await over.wait()
        return _OK

    async with _server(respond) as port:
        with pytest.raises(TimeoutError):
            await run(port, clients=1, requests=1, seconds=0.05)
        over.set()
