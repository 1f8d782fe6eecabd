"""The composition root: stores, OTLP, query APIs and pages as one application."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import uvicorn
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from chassis.sockets import listen
from console.alerts import AlertsApi
from console.api import SignalsApi
from console.guard import LOOPBACK_HOSTS, Guard
from console.jaeger import api as jaeger
from console.jaeger.v3 import ApiV3
from console.pages import Pages
from console.receive.body import BodyReader
from console.receive.grpc import GrpcReceiver, bind
from console.receive.http import HttpReceiver
from console.receive.intake import Intake
from console.receive.keeping import FileKeeper, Keeper, MemoryKeeper
from console.scenarios import Runner
from console.settings import Settings
from console.store import LogStore, MetricStore, TraceStore
from console.stores import Stores
from console.tail import Tail

_CONNECTIONS = 256
_SECONDS_TO_FINISH = 3
_DECODED_AT_ONCE = 2
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Console:
    """The parts that are wired together: what is held, and what takes it and shows it; it traces nothing of itself."""

    stores: Stores
    app: ASGIApp
    grpc: GrpcReceiver


def build(
    settings: Settings, stores: Stores | None = None, *, keeper: Keeper | None = None, runner: Runner | None = None
) -> Console:
    """Wire a console; nothing listens yet.

    Args:
        settings: how much it takes, and under which names it may be called.
        stores: what is held; new ones by default.
        keeper: keeps what comes; in these stores alone by default.
        runner: runs scenarios; without it there are none.
    """
    stores = stores or _stores(settings)
    bodies = BodyReader(settings.bodies)
    receiving = Intake(keeper or MemoryKeeper(stores)), bodies, CapacityLimiter(_DECODED_AT_ONCE)
    routes = [
        Route("/livez", _livez),
        *HttpReceiver(*receiving).routes(),
        *jaeger.routes(stores.traces),
        *ApiV3(stores.traces).routes(),
        *SignalsApi(stores).routes(),
        *Tail(stores).routes(),
        *AlertsApi(stores.alerts, bodies).routes(),
        *Pages(stores, settings.jaeger_url, runner).routes(),
    ]
    app = Guard(Starlette(routes=routes), hosts=(settings.host, *settings.allowed_hosts))
    return Console(stores, app, GrpcReceiver(*receiving))


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a console that runs is reached, as HOST:PORT; None for what is off."""

    web: str
    otlp_http: str | None
    otlp_grpc: str | None


async def serve(
    settings: Settings, *, runner: Runner | None = None, started: Callable[[Addresses], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then return.

    Args:
        settings: what to serve and where.
        runner: runs scenarios.
        started: called once when connections are accepted.

    Raises:
        telemetry.env.ConfigError: an address cannot be listened on, or the file not be used.
    """
    stores = _stores(settings)
    async with AsyncExitStack() as stack:
        keeper = await stack.enter_async_context(_keeping(settings, stores))
        console = build(settings, stores, keeper=keeper, runner=runner)
        listeners = [stack.enter_context(listen(settings.listen, reuse_port=settings.reuse_port))]
        if settings.otlp_http is not None:
            listeners.append(stack.enter_context(listen(settings.otlp_http, "OTLP_HTTP_LISTEN")))
        otlp_grpc = await stack.enter_async_context(_serving(console.grpc, settings.otlp_grpc))
        addresses = Addresses(
            _bound(settings.listen, listeners[0]),
            settings.otlp_http and _bound(settings.otlp_http, listeners[-1]),
            otlp_grpc,
        )
        server = _Server(
            uvicorn.Config(
                console.app,
                lifespan="off",
                log_config=None,
                log_level=logging.WARNING,
                access_log=False,
                server_header=False,
                limit_concurrency=_CONNECTIONS,
                timeout_graceful_shutdown=_SECONDS_TO_FINISH,
            ),
            on_start=partial(_announce, addresses, started),
            on_stop=console.stores.close,
        )
        await server.serve(sockets=listeners)


class _Server(uvicorn.Server):
    """Tells when it starts and stops, and returns after a signal where uvicorn's own ends the process with it."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()  # streams of events would not end by themselves
        await super().shutdown(sockets)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        ignored = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            await super().serve(sockets)
        finally:
            for number, handler in ignored.items():
                signal.signal(number, handler)


def _stores(settings: Settings) -> Stores:
    return Stores(TraceStore(settings.traces), LogStore(settings.logs), MetricStore(settings.metrics))


@asynccontextmanager
async def _keeping(settings: Settings, stores: Stores) -> AsyncIterator[Keeper]:
    """Keep what comes while the block runs, in a file if one is named; what that holds is read first."""
    open_keeper = partial(FileKeeper, stores, settings.file) if settings.file else partial(MemoryKeeper, stores)
    keeper: Keeper = await to_thread.run_sync(open_keeper)
    try:
        yield keeper
    finally:
        await to_thread.run_sync(keeper.close)


@asynccontextmanager
async def _serving(receiver: GrpcReceiver, address: str | None) -> AsyncIterator[str | None]:
    """Serve OTLP/gRPC while the block runs, if it is wanted; give its address."""
    if address is None:
        yield None
        return
    server = receiver.server()
    port = bind(server, address, "OTLP_GRPC_LISTEN")
    await server.start()
    try:
        yield f"{_host(address)}:{port}"
    finally:
        await server.stop(_SECONDS_TO_FINISH)


def _announce(addresses: Addresses, started: Callable[[Addresses], None] | None) -> None:
    _LOG.info("console listens on http://%s", addresses.web)
    if addresses.otlp_http:
        _LOG.info("OTLP/HTTP is taken there and on http://%s", addresses.otlp_http)
    if addresses.otlp_grpc:
        _LOG.info("OTLP/gRPC is taken on %s", addresses.otlp_grpc)
    for address in filter(None, (addresses.web, addresses.otlp_http, addresses.otlp_grpc)):
        if _host(address) not in LOOPBACK_HOSTS:
            _LOG.warning("%s can be reached from other machines, and there is no password", address)
    if started:
        started(addresses)


def _bound(address: str, listener: socket.socket) -> str:
    return f"{_host(address)}:{listener.getsockname()[1]}"


def _host(address: str) -> str:
    return address.rpartition(":")[0]


def _ignore(_number: int, _frame: object) -> None:
    """Do nothing: uvicorn raises the signal once more after it has shut down."""


async def _livez(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ok\n")
