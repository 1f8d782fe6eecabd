"""The composition root: the one place where the parts are put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grpc import StatusCode, aio

from chassis.database.engine import Database
from chassis.pagination import InvalidPage
from chassis.serving import serve
from faults.wiring import fault_interceptors
from shop.user.v1.user_pb2 import DESCRIPTOR
from shop.user.v1.user_pb2_grpc import add_UserServiceServicer_to_server
from telemetry import Telemetry, configure
from user_service.domain import EmailTaken, InvalidArgument, UserNotFound
from user_service.servicer import UserServicer
from user_service.settings import Settings
from user_service.store import UserStore
from user_service.users import Users

SERVICE: str = DESCRIPTOR.services_by_name["UserService"].full_name

STATUS: dict[type[BaseException], StatusCode] = {
    InvalidArgument: StatusCode.INVALID_ARGUMENT,
    InvalidPage: StatusCode.INVALID_ARGUMENT,
    UserNotFound: StatusCode.NOT_FOUND,
    EmailTaken: StatusCode.ALREADY_EXISTS,
}


def build_server(
    telemetry: Telemetry,
    database: Database,
    *,
    more_interceptors: Sequence[aio.ServerInterceptor] = (),
    reuse_port: bool = False,
) -> aio.Server:
    """Put the server together; it is not started yet."""
    options = [("grpc.so_reuseport", int(reuse_port))]
    server = telemetry.server(errors=STATUS, interceptors=more_interceptors, options=options)
    add_UserServiceServicer_to_server(UserServicer(Users(UserStore(database))), server)
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
    faults = fault_interceptors(settings.faults, telemetry, database)
    server = build_server(telemetry, database, more_interceptors=faults, reuse_port=settings.reuse_port)
    try:
        await serve(
            server, settings.listen, services=[SERVICE], telemetry=telemetry, ready=database.ping, started=started
        )
    finally:
        await database.close()
