"""Real databases and a real server. PostgreSQL is tested too when these are set, for example

USER_STORE_TEST_OWNER_URL=postgresql+asyncpg://postgres:…@127.0.0.1/user
USER_STORE_TEST_URL=postgresql+asyncpg://user_app:…@127.0.0.1/user
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from grpc import aio
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import URL, make_url

from chassis.database.engine import Database
from shop.user.v1.user_pb2_grpc import UserServiceStub
from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure, use_tenant
from user_service.migrate import MIGRATIONS
from user_service.server import build_server
from user_service.store import UserStore

if TYPE_CHECKING:
    from shop.user.v1.user_pb2_grpc import UserServiceAsyncStub

OWNER_URL = os.environ.get("USER_STORE_TEST_OWNER_URL")
APP_URL = os.environ.get("USER_STORE_TEST_URL")
BACKENDS = ["sqlite", "postgresql"] if OWNER_URL and APP_URL else ["sqlite"]


@pytest.fixture(scope="session")
def postgresql() -> URL:
    """Give the service's URL of a PostgreSQL that the migrations have been run on."""
    if not (OWNER_URL and APP_URL):
        pytest.skip("needs PostgreSQL: USER_STORE_TEST_OWNER_URL and USER_STORE_TEST_URL")
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
    url = make_url(f"sqlite+aiosqlite:///{tmp_path / 'user.db'}")
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
    config = TelemetryConfig(service_name="user", exporter=ExporterConfig(kind="none"))
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
def store(database: Database, tenant: str) -> UserStore:  # noqa: ARG001  the tenant is current
    return UserStore(database)


@pytest.fixture
async def server(telemetry: Telemetry, database: Database) -> aio.Server:
    """Give a server that is not started yet."""
    return build_server(telemetry, database)


@pytest.fixture
async def stub(telemetry: Telemetry, server: aio.Server, tenant: str) -> AsyncIterator[UserServiceAsyncStub]:  # noqa: ARG001
    """Give a stub of a server on a port of its own."""
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with telemetry.channel(f"127.0.0.1:{port}") as channel:
        yield UserServiceStub(channel)
    await server.stop(None)
