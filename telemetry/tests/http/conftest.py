"""Applications asked directly, and over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import perf_counter
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from telemetry.http import ASGIApp

Ask = Callable[..., Any]
ServeApp = Callable[[ASGIApp], AbstractAsyncContextManager[tuple[str, int]]]
Leave = Callable[..., Awaitable[float]]

GET_WORK = b"GET /work HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def api() -> FastAPI:
    """Give an application that does not trace by itself."""
    return FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})


@pytest.fixture
def ask() -> Ask:
    """Give a function that sends one request to an application and gives the response."""

    async def send(app: ASGIApp, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("10.1.2.3", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **options)

    return send


@pytest.fixture
def serve_app() -> ServeApp:
    """Give a function that serves an application over a real socket, and gives host and port."""

    @asynccontextmanager
    async def serving(app: ASGIApp) -> AsyncIterator[tuple[str, int]]:
        server = uvicorn.Server(uvicorn.Config(app, http="h11", ws="none", lifespan="off", log_config=None))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            task = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                yield listener.getsockname()[:2]
            finally:
                server.should_exit = True
                await task

    return serving


@pytest.fixture
def leave() -> Leave:
    """Give a function that asks for ``/work``, hangs up when an event is set, and gives the time of it."""

    async def leaving(address: tuple[str, int], when: asyncio.Event, request: bytes = GET_WORK) -> float:
        _reader, writer = await asyncio.open_connection(*address)
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(5):
            await when.wait()
        writer.close()
        return perf_counter()

    return leaving
