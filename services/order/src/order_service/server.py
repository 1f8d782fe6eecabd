"""The composition root: the one place where the parts are put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grpc import StatusCode, aio

from chassis.database.engine import Database
from chassis.pagination import InvalidPage
from chassis.serving import serve
from faults.wiring import fault_interceptors
from order_service.changes import Changes
from order_service.clients import RETRYABLE, UserClient
from order_service.domain import (
    IdempotencyConflict,
    InvalidArgument,
    OrderNotFound,
    UserNotFound,
    UserServiceTimeout,
    UserServiceUnavailable,
)
from order_service.measures import OrderMeasures
from order_service.orders import Orders
from order_service.servicer import OrderServicer
from order_service.settings import Settings
from order_service.store import OrderStore
from order_service.watching import WatchLimits
from shop.order.v1.order_pb2 import DESCRIPTOR
from shop.order.v1.order_pb2_grpc import add_OrderServiceServicer_to_server
from telemetry import Telemetry, configure

SERVICE: str = DESCRIPTOR.services_by_name["OrderService"].full_name

STATUS: dict[type[BaseException], StatusCode] = {
    InvalidArgument: StatusCode.INVALID_ARGUMENT,
    InvalidPage: StatusCode.INVALID_ARGUMENT,
    OrderNotFound: StatusCode.NOT_FOUND,
    UserNotFound: StatusCode.NOT_FOUND,
    IdempotencyConflict: StatusCode.ALREADY_EXISTS,
    UserServiceUnavailable: StatusCode.UNAVAILABLE,
    UserServiceTimeout: StatusCode.DEADLINE_EXCEEDED,
}


def build_server(  # noqa: PLR0913  each is a part of its own
    telemetry: Telemetry,
    database: Database,
    users: aio.Channel,
    changes: Changes,
    limits: WatchLimits,
    *,
    more_interceptors: Sequence[aio.ServerInterceptor] = (),
    reuse_port: bool = False,
) -> aio.Server:
    """Put the server together; it is not started yet."""
    options = [("grpc.so_reuseport", int(reuse_port))]
    server = telemetry.server(errors=STATUS, interceptors=more_interceptors, options=options)
    measures = OrderMeasures(telemetry.business)
    orders = Orders(OrderStore(database), UserClient(users), changes, measures=measures, limits=limits)
    add_OrderServiceServicer_to_server(OrderServicer(orders), server)
    return server


async def run(settings: Settings, started: Callable[[int], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: What to serve, and where.
        started: Called with the port when the server serves.

    Raises:
        ConfigError: The address cannot be bound, or the file of flags cannot be read.
    """
    telemetry = configure(settings.telemetry)
    telemetry.capture_logs()
    telemetry.watch_event_loop()
    database = Database(settings.database_url, telemetry)
    changes = Changes()
    limits = WatchLimits(window=settings.watch_window, interval=settings.watch_interval)
    faults = fault_interceptors(settings.faults, telemetry, database)
    try:
        async with telemetry.channel(settings.user_service, retryable=RETRYABLE) as users:
            server = build_server(
                telemetry,
                database,
                users,
                changes,
                limits,
                more_interceptors=faults,
                reuse_port=settings.reuse_port,
            )
            await serve(
                server,
                settings.listen,
                services=[SERVICE],
                telemetry=telemetry,
                ready=database.ping,
                on_drain=changes.close,
                started=started,
            )
    finally:
        await database.close()
