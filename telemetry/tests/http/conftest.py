"""Applications asked directly, and over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from telemetry.http import ASGIApp

Ask = Callable[..., Any]
ServeApp = Callable[[ASGIApp], AbstractAsyncContextManager[tuple[str, int]]]


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
