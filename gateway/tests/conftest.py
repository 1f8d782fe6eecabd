from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import httpx
import jwt
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.backends import BACKENDS
from gateway.server import make_server, opened
from gateway.settings import Settings, TokenSettings
from shop.order.v1 import order_pb2
from shop.user.v1 import user_pb2
from telemetry import ExporterConfig, Secret, Telemetry, TelemetryConfig, configure
from telemetry.http import ASGIApp
from tracetest import ServiceDouble

KEY = "a key of the tests, of 32 bytes and more"
USER_ID = "00000000-0000-4000-8000-000000000001"
ORDER_ID = "00000000-0000-4000-8000-000000000002"


class MakeToken(Protocol):
    def __call__(self, key: Any = KEY, algorithm: str = "HS256", kid: str | None = None, **claims: Any) -> str: ...


ServeApp = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


def user_message(**changes: Any) -> user_pb2.User:
    fields: dict[str, Any] = {
        "user_id": USER_ID,
        "email": "ada@example.com",
        "name": "Ada",
        "create_time": Timestamp(seconds=1),
    }
    return user_pb2.User(**(fields | changes))


def order_message(version: int = 1, **changes: Any) -> order_pb2.Order:
    cancelled = version > 1
    price = order_pb2.Money(amount_minor=1999, currency="EUR")
    fields: dict[str, Any] = {
        "order_id": ORDER_ID,
        "user_id": USER_ID,
        "items": [order_pb2.OrderItem(sku="TEAPOT-1", quantity=2, unit_price=price)],
        "total": order_pb2.Money(amount_minor=3998, currency="EUR"),
        "status": order_pb2.ORDER_STATUS_CANCELLED if cancelled else order_pb2.ORDER_STATUS_PLACED,
        "version": version,
        "create_time": Timestamp(seconds=1),
        "update_time": Timestamp(seconds=version),
    }
    return order_pb2.Order(**(fields | changes))


@pytest.fixture
def make_order() -> Callable[..., order_pb2.Order]:
    return order_message


@pytest.fixture
def make_user() -> Callable[..., user_pb2.User]:
    return user_message


@pytest.fixture
def order_id() -> str:
    return ORDER_ID


@pytest.fixture
def user_id() -> str:
    return USER_ID


@pytest.fixture
async def backends() -> AsyncIterator[dict[str, ServiceDouble]]:
    """Gives a double of every service behind the edge, by name; a test gives the answers."""
    async with AsyncExitStack() as stack:
        clients = [backend.client for backend in BACKENDS]
        yield {client.name: await stack.enter_async_context(ServiceDouble(client.service)) for client in clients}


@pytest.fixture
def user_service(backends: dict[str, ServiceDouble]) -> ServiceDouble:
    double, user = backends["user"], user_message()
    double.answers |= {
        "CreateUser": user_pb2.CreateUserResponse(user=user),
        "GetUser": user_pb2.GetUserResponse(user=user),
        "ListUsers": user_pb2.ListUsersResponse(users=[user]),
    }
    return double


@pytest.fixture
def order_service(backends: dict[str, ServiceDouble]) -> ServiceDouble:
    double, order = backends["order"], order_message()
    double.answers |= {
        "CreateOrder": order_pb2.CreateOrderResponse(order=order, created=True),
        "GetOrder": order_pb2.GetOrderResponse(order=order),
        "ListOrders": order_pb2.ListOrdersResponse(orders=[order]),
        "CancelOrder": order_pb2.CancelOrderResponse(order=order_message(version=2)),
    }
    return double


@pytest.fixture
def make_token() -> MakeToken:
    def make(key: Any = KEY, algorithm: str = "HS256", kid: str | None = None, **claims: Any) -> str:
        now = int(time.time())
        defaults = {"iss": "throughline", "aud": "throughline", "sub": "ada", "tenant": "acme", "exp": now + 60}
        given = {name: value for name, value in (defaults | claims).items() if value is not None}
        return jwt.encode(given, key, algorithm=algorithm, headers={"kid": kid} if kid else None)

    return make


@pytest.fixture
def settings(backends: dict[str, ServiceDouble], user_service: ServiceDouble, order_service: ServiceDouble) -> Settings:  # noqa: ARG001  they answer
    return Settings(
        tokens=TokenSettings(key=Secret(KEY)),
        telemetry=TelemetryConfig(service_name="gateway", exporter=ExporterConfig(kind="none")),
        addresses={name: double.address for name, double in backends.items()},
        request_timeout=2.0,
        stream_timeout=30.0,
        heartbeat=0.05,
    )


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(settings: Settings, spans: InMemorySpanExporter) -> Telemetry:
    return configure(settings.telemetry, span_processors=[SimpleSpanProcessor(spans)])


@pytest.fixture
async def app(settings: Settings, telemetry: Telemetry) -> AsyncIterator[ASGIApp]:
    async with opened(settings, telemetry) as (app, _stopping):
        yield app


@pytest.fixture
async def client(app: ASGIApp, make_token: MakeToken) -> AsyncIterator[httpx.AsyncClient]:
    """The caller: of tenant acme, with a good token."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {make_token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as client:
        yield client


@pytest.fixture
def serve_app() -> ServeApp:
    """Gives the URL at which an ASGI application is served over a real socket, as the gateway is."""

    @asynccontextmanager
    async def serving(app: ASGIApp) -> AsyncIterator[str]:
        server = make_server(app)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            task = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                await task

    return serving
