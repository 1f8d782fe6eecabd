"""Real databases and a real server. PostgreSQL is tested too when these are set, for example

ORDER_STORE_TEST_OWNER_URL=postgresql+asyncpg://postgres:…@127.0.0.1/order
ORDER_STORE_TEST_URL=postgresql+asyncpg://order_app:…@127.0.0.1/order
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from grpc import StatusCode, aio
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import URL, make_url
from typing_extensions import override

from chassis.database.engine import Database
from order_service.changes import Changes
from order_service.clients import RETRYABLE
from order_service.migrate import MIGRATIONS
from order_service.server import build_server
from order_service.store import OrderStore
from order_service.watching import WatchLimits
from shop.order.v1.order_pb2_grpc import OrderServiceStub
from shop.user.v1.user_pb2 import GetUserRequest, GetUserResponse, User
from shop.user.v1.user_pb2_grpc import UserServiceServicer, add_UserServiceServicer_to_server
from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure, use_tenant

if TYPE_CHECKING:
    from shop.order.v1.order_pb2_grpc import OrderServiceAsyncStub
    from shop.user.v1.user_pb2_grpc import _ServicerContext as Context

OWNER_URL = os.environ.get("ORDER_STORE_TEST_OWNER_URL")
APP_URL = os.environ.get("ORDER_STORE_TEST_URL")
BACKENDS = ["sqlite", "postgresql"] if OWNER_URL and APP_URL else ["sqlite"]


@pytest.fixture(scope="session")
def postgresql() -> URL:
    """Give the service's URL of a PostgreSQL that the migrations have been run on."""
    if not (OWNER_URL and APP_URL):
        pytest.skip("needs PostgreSQL: ORDER_STORE_TEST_OWNER_URL and ORDER_STORE_TEST_URL")
    url = make_url(APP_URL)
    MIGRATIONS.run(make_url(OWNER_URL), url.username or "")
    return url


@pytest.fixture
def owner() -> str:
    """Give the role that PostgreSQL's tables belong to."""
    return make_url(OWNER_URL or "").username or ""


@pytest.fixture
def sqlite(tmp_path: Path) -> URL:
    """Give the URL of a SQLite file that the migrations have been run on."""
    url = make_url(f"sqlite+aiosqlite:///{tmp_path / 'order.db'}")
    MIGRATIONS.run(url)
    return url


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest) -> URL:
    given: URL = request.getfixturevalue(request.param)
    return given


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(spans: InMemorySpanExporter) -> Iterator[Telemetry]:
    config = TelemetryConfig(service_name="order", exporter=ExporterConfig(kind="none"))
    with configure(config, span_processors=[SimpleSpanProcessor(spans)]) as telemetry:
        yield telemetry


@pytest.fixture
async def database(url: URL, telemetry: Telemetry) -> AsyncIterator[Database]:
    database = Database(url, telemetry)
    yield database
    await database.close()


@pytest.fixture
async def tenant() -> AsyncIterator[str]:
    """Make a tenant of the test's own the current one, so that no test needs an empty database."""
    tenant = f"t-{uuid4().hex}"
    with use_tenant(tenant):
        yield tenant


@pytest.fixture
def store(database: Database, tenant: str) -> OrderStore:  # noqa: ARG001  the tenant is current
    return OrderStore(database)


class UserDirectory(UserServiceServicer):
    """A user service with the users that a test gives it."""

    def __init__(self, users: set[tuple[str, str]], failures: list[StatusCode]) -> None:
        self._users = users
        self._failures = failures

    @override
    async def GetUser(self, request: GetUserRequest, context: Context) -> GetUserResponse:
        if self._failures:
            await context.abort(self._failures.pop(0), "as the test wants it")
        tenant = dict(context.invocation_metadata()).get("x-tenant-id")
        if (tenant, request.user_id) not in self._users:
            await context.abort(StatusCode.NOT_FOUND, "no such user")
        return GetUserResponse(user=User(user_id=request.user_id))


@pytest.fixture
def users() -> set[tuple[str, str]]:
    """Give the users that there are, each a tenant and an id."""
    return set()


@pytest.fixture
def failures() -> list[StatusCode]:
    """Give what the next calls of the user service fail with, a status a call."""
    return []


@pytest.fixture
async def user_channel(
    telemetry: Telemetry, users: set[tuple[str, str]], failures: list[StatusCode]
) -> AsyncIterator[aio.Channel]:
    """Give a channel to a user service, made as the service makes it."""
    server = aio.server()
    add_UserServiceServicer_to_server(UserDirectory(users, failures), server)  # type: ignore[abstract]  # the others are not called
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with telemetry.channel(f"127.0.0.1:{port}", retryable=RETRYABLE) as channel:
        yield channel
    await server.stop(None)


@pytest.fixture
def user_id(tenant: str, users: set[tuple[str, str]]) -> str:
    """Give the id of a user that there is."""
    user_id = str(uuid4())
    users.add((tenant, user_id))
    return user_id


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
async def server(telemetry: Telemetry, database: Database, user_channel: aio.Channel, changes: Changes) -> aio.Server:
    """Give a server that is not started yet."""
    return build_server(telemetry, database, user_channel, changes, WatchLimits(window=30.0, interval=0.05))


@pytest.fixture
async def stub(telemetry: Telemetry, server: aio.Server, tenant: str) -> AsyncIterator[OrderServiceAsyncStub]:  # noqa: ARG001
    """Give a stub of a server on a port of its own."""
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with telemetry.channel(f"127.0.0.1:{port}") as channel:
        yield OrderServiceStub(channel)
    await server.stop(None)
