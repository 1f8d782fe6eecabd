"""The stack in this process: the real gateway and services on loopback, with telemetry that stays in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Protocol, Self

from grpc import aio
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.trace import SpanProcessor
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from chassis.database.engine import Database
from chassis.health import Health, check
from chassis.sockets import listen
from faults.flags import FlagFile
from faults.settings import FaultSettings
from faults.wiring import fault_interceptors
from gateway.backends import BACKENDS
from gateway.server import make_server, opened
from gateway.settings import Settings, TokenSettings
from gateway.token import make_token
from order_service.changes import Changes
from order_service.clients import RETRYABLE
from order_service.migrate import MIGRATIONS as ORDER_MIGRATIONS
from order_service.server import SERVICE as ORDER_SERVICE
from order_service.server import build_server as build_order_server
from order_service.watching import WatchLimits
from stack.ports import HOST
from telemetry import ExporterConfig, Secret, Telemetry, TelemetryConfig, configure, semconv
from user_service.migrate import MIGRATIONS as USER_MIGRATIONS
from user_service.server import SERVICE as USER_SERVICE
from user_service.server import build_server as build_user_server

_ENDS_WITHIN = 15.0
_READY_WITHIN = 30.0
_NEXT_TRY = 0.02
_LOGGERS = ("gateway", "order_service", "telemetry", "user_service")


class Recorder(Protocol):
    """Keeps what all services record, such as `tracetest.Memory`."""

    span_processor: SpanProcessor
    log_processor: LogRecordProcessor

    def metric_reader(self) -> MetricReader:
        """Make a reader for one provider of meters."""


class InProcessStack:
    """User, order and gateway in an event loop of their own; a context manager that starts and ends them.

    Args:
        folder: For the databases.
        memory: Keeps what they record.
        flags: Says which faults the services have, see `faults.flags`; None: they can have none.
        request_timeout: Seconds for the work of one request; the gateway's own by default.
    """

    database = "sqlite"

    def __init__(
        self, folder: Path, memory: Recorder, flags: FlagFile | None = None, *, request_timeout: float = 5.0
    ) -> None:
        self._folder = folder
        self._request_timeout = request_timeout
        self._running: dict[str, Telemetry] = {}
        self._user_server: aio.Server | None = None
        self._memory = memory
        self._faults = None if flags is None else FaultSettings(flags=flags.path)
        self._key = Secret("a key of the stack in this process, for nobody else")
        self._thread = Thread(target=self._run, name="stack", daemon=True)
        self._ready = Event()
        self._failure: BaseException | None = None
        self._stop: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self.gateway_url = ""

    def token(self, tenant: str, scope: str = "") -> str:
        """Make a bearer token; the scope "trace" lets the caller's trace go on."""
        return make_token(TokenSettings(key=self._key), tenant, subject="developer", scope=scope)

    @property
    def open_spans(self) -> int:
        """How many spans have begun and not ended."""
        return sum(telemetry.open_spans for telemetry in self._running.values())

    def instance(self, service: str) -> str:
        """Give the ``service.instance.id`` of a service."""
        return str(self._running[service].tracer_provider.resource.attributes[semconv.SERVICE_INSTANCE_ID])

    def kill_user(self) -> None:
        """End the user service at once; it stays down."""
        if self._stop is None or self._user_server is None:
            raise RuntimeError("the stack does not run")
        asyncio.run_coroutine_threadsafe(self._user_server.stop(None), self._stop[0]).result(_ENDS_WITHIN)

    def __enter__(self) -> Self:
        """Migrate the databases and start everything; returns when it serves."""
        for name, migrations in (("user", USER_MIGRATIONS), ("order", ORDER_MIGRATIONS)):
            migrations.run(self._database(name))
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End everything."""
        if self._stop is not None:
            loop, stop = self._stop
            loop.call_soon_threadsafe(stop.set)
        self._thread.join(_ENDS_WITHIN)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  raised again where it was started
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        stop = asyncio.Event()
        self._stop = asyncio.get_running_loop(), stop
        async with AsyncExitStack() as running:
            running.enter_context(_logging_everything())
            addresses = {"user": await self._user(running)}
            addresses["order"] = await self._order(running, addresses["user"])
            await self._gateway(running, addresses)
            self._ready.set()
            await stop.wait()

    async def _user(self, running: AsyncExitStack) -> str:
        telemetry = self._telemetry("user", running)
        database = Database(self._database("user"), telemetry)
        running.push_async_callback(database.close)
        faults = fault_interceptors(self._faults, telemetry, database)
        server = self._user_server = build_user_server(telemetry, database, more_interceptors=faults)
        return await _started(server, USER_SERVICE, database, running)

    async def _order(self, running: AsyncExitStack, user: str) -> str:
        telemetry = self._telemetry("order", running)
        database = Database(self._database("order"), telemetry)
        running.push_async_callback(database.close)
        users = await running.enter_async_context(telemetry.channel(user, retryable=RETRYABLE))
        changes = Changes()
        faults = fault_interceptors(self._faults, telemetry, database)
        server = build_order_server(telemetry, database, users, changes, WatchLimits(), more_interceptors=faults)
        address = await _started(server, ORDER_SERVICE, database, running)
        running.callback(changes.close)
        return address

    async def _gateway(self, running: AsyncExitStack, addresses: dict[str, str]) -> None:
        telemetry = self._telemetry("gateway", running)
        addresses = {each.client.name: each.address for each in BACKENDS} | addresses  # others are away
        settings = Settings(
            tokens=TokenSettings(key=self._key),
            telemetry=telemetry.config,
            addresses=addresses,
            request_timeout=self._request_timeout,
        )
        app, stopping = await running.enter_async_context(opened(settings, telemetry))
        listener = running.enter_context(listen(f"{HOST}:0"))
        server = make_server(app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))

        async def end() -> None:
            stopping.set()
            server.should_exit = True
            await serving

        running.push_async_callback(end)
        self.gateway_url = f"http://{HOST}:{listener.getsockname()[1]}"

    def _telemetry(self, service: str, running: AsyncExitStack) -> Telemetry:
        telemetry = configure(
            TelemetryConfig(
                service_name=service,
                service_version="0.1.0",
                environment="local",
                exporter=ExporterConfig(kind="none"),
            ),
            span_processors=[self._memory.span_processor],
            metric_readers=[self._memory.metric_reader()],
            log_processors=[self._memory.log_processor],
        )
        self._running[service] = telemetry
        telemetry.capture_logs()
        running.push_async_callback(telemetry.ashutdown)
        return telemetry

    def _database(self, service: str) -> URL:
        return make_url(f"sqlite+aiosqlite:///{self._folder.resolve() / service}.db")


async def _started(server: aio.Server, service: str, database: Database, running: AsyncExitStack) -> str:
    """Start a server; give its address when it can do its work."""
    health = Health([service], database.ping)
    add_HealthServicer_to_server(health.servicer, server)
    port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    running.push_async_callback(server.stop, None)
    watching = asyncio.create_task(health.watch())

    async def end() -> None:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    running.push_async_callback(end)
    address = f"{HOST}:{port}"
    async with aio.insecure_channel(address) as channel, asyncio.timeout(_READY_WITHIN):
        while not await check(channel, service):  # noqa: ASYNC110  gRPC's health service is asked
            await asyncio.sleep(_NEXT_TRY)
    return address


@contextmanager
def _logging_everything(loggers: Sequence[str] = _LOGGERS) -> Iterator[None]:
    """Log from INFO on, as the programs do."""
    levels = {name: logging.getLogger(name).level for name in loggers}
    for name in loggers:
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
