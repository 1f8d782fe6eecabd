"""The composition root, and serving until asked to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import httpx
import uvicorn

from chassis.flush import Barrier
from chassis.sockets import listen
from gateway.app import build_app
from gateway.auth import Authenticator
from gateway.backends import BACKENDS
from gateway.clients.base import Client
from gateway.jwks import KeySource, RemoteKeys, SharedKey
from gateway.policy import BearerPolicy
from gateway.services import Services
from gateway.settings import Settings, TokenSettings
from telemetry import Telemetry, configure
from telemetry.http import ASGIApp

_logger = logging.getLogger(__name__)

# Within the 8 s that a stop may take in all: requests finish, then spans are exported.
_GRACE = 5
_FLUSH = 2.0


async def serve(settings: Settings, started: Callable[[int], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then stop within 8 s: streams end, requests finish, telemetry is exported.

    Args:
        settings: What to serve, and where.
        started: Called with the port once it takes connections.

    Raises:
        ConfigError: The address cannot be bound.
    """
    telemetry = configure(settings.telemetry)
    telemetry.capture_logs()
    telemetry.watch_event_loop()
    try:
        async with opened(settings, telemetry) as (app, stopping):
            with listen(settings.listen, reuse_port=settings.reuse_port) as listener:
                server = make_server(app)
                _stop_on_signal(server, stopping)
                host, port = listener.getsockname()[:2]
                _logger.info("serving on %s:%d", f"[{host}]" if ":" in host else host, port)
                if started is not None:
                    started(port)
                await server.serve(sockets=[listener])
    finally:
        await telemetry.ashutdown(_FLUSH)


@asynccontextmanager
async def opened(settings: Settings, telemetry: Telemetry) -> AsyncIterator[tuple[ASGIApp, asyncio.Event]]:
    """Wire the application up; give it with the event that ends its streams."""
    async with AsyncExitStack() as stack:
        clients: dict[type[Client], Client] = {}
        for backend in BACKENDS:
            channel = telemetry.channel(
                settings.addresses[backend.client.name],
                retryable=backend.client.retryable,
                timeout=settings.request_timeout,
                stream_timeout=settings.stream_timeout,
            )
            clients[backend.client] = backend.client(await stack.enter_async_context(channel))
        keys = await _keys(settings.tokens, stack)
        authenticator = Authenticator(keys, issuer=settings.tokens.issuer, audience=settings.tokens.audience)
        services = Services(
            clients=clients,
            request_timeout=settings.request_timeout,
            stream_timeout=settings.stream_timeout,
            heartbeat=settings.heartbeat,
        )
        app = build_app(services, BearerPolicy(authenticator), telemetry)
        yield Barrier(app, telemetry, settings.addresses) if telemetry.config.test_profile else app, services.stopping


async def _keys(tokens: TokenSettings, stack: AsyncExitStack) -> KeySource:
    if tokens.key is not None:
        return SharedKey(tokens.key)
    client = await stack.enter_async_context(httpx.AsyncClient())
    return RemoteKeys(tokens.jwks_url or "", client)


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Make the HTTP server; it stops when its `should_exit` is set."""
    return _Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
        )
    )


class _Server(uvicorn.Server):
    """uvicorn's own handlers raise the signal again once it has stopped, before telemetry is exported."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`."""
        yield


def _stop_on_signal(server: uvicorn.Server, stopping: asyncio.Event) -> None:
    def stop() -> None:
        _logger.info("stopping")
        stopping.set()
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
