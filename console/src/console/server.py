"""The composition root: store, OTLP, query API and page as one application."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from console.body import BodyReader
from console.guard import LOOPBACK_HOSTS, Guard
from console.ingest import Ingest
from console.jaeger import api
from console.page import Pages
from console.settings import Settings
from console.store import TraceStore
from telemetry.listening import listen

_CONNECTIONS = 256
_SECONDS_TO_FINISH = 3
_LOG = logging.getLogger(__name__)


def build_app(settings: Settings, store: TraceStore | None = None) -> ASGIApp:
    """Wire the application; it traces nothing of itself."""
    store = store or TraceStore(settings.store)
    routes = [
        Route("/livez", _livez),
        *Ingest(store, BodyReader(settings.bodies)).routes(),
        *api.routes(store),
        *Pages(store).routes(),
    ]
    return Guard(Starlette(routes=routes), hosts=(settings.host, *settings.allowed_hosts))


async def serve(settings: Settings, *, started: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then return.

    Args:
        settings: what to serve and where.
        started: called once with the URL when connections are accepted.

    Raises:
        telemetry.env.ConfigError: the address cannot be listened on.
    """
    listener = listen(settings.listen)
    url = f"http://{settings.host}:{listener.getsockname()[1]}"
    if settings.host not in LOOPBACK_HOSTS:
        _LOG.warning("%s can be reached from other machines, and there is no password", url)
    config = uvicorn.Config(
        build_app(settings),
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
    with listener:
        server = _Server(config, partial(_announce, url, started))
        await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """Tells when it has started, and returns after a signal where uvicorn's own ends the process with it."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        ignored = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            await super().serve(sockets)
        finally:
            for number, handler in ignored.items():
                signal.signal(number, handler)


def _announce(url: str, started: Callable[[str], None] | None) -> None:
    _LOG.info("console listens on %s", url)
    if started:
        started(url)


def _ignore(_number: int, _frame: object) -> None:
    """Do nothing: uvicorn raises the signal once more after it has shut down."""


async def _livez(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok\n")
