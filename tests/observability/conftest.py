"""The profile `observability` of docker compose, started once for all tests of this folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from uuid import uuid4

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Tracer

from faults.catalogue import load
from faults.flags import FlagFile
from stack.compose.project import ComposeStack
from stack.e2e.stacks import Containers, Shop, Stack
from stack.observability.profile import COLLECTOR, WATCHED_TENANT
from stack.observability.profile import observed as bring_up
from stack.scenarios.injection import Faulty
from tracetest import Backend, Jaeger, TracedClient

NOBODY = "00000000-0000-4000-8000-000000000000"

_REQUEST_WITHIN = 30.0  # seconds
_FOR_CONTAINERS = 0o755  # their users are others
_TEST_WITHIN = 400  # seconds, without those until the containers are up, which may have to be built


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """An alert takes its time; each wait in a test has a bound of its own."""
    for item in items:
        if "observed" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(_TEST_WITHIN, func_only=True))


@pytest.fixture(scope="session")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """Give the profile's containers."""
    with bring_up(tmp_path_factory.mktemp("observed")) as compose:
        yield compose


@pytest.fixture(scope="session")
def stack(observed: ComposeStack) -> Stack:
    """Give the same as a stack that requests are sent to."""
    return Containers(observed, collector="collector-observability")


@pytest.fixture(scope="session")
def trace_backend(stack: Stack) -> Backend:
    """Give its Jaeger."""
    return Jaeger(stack.query_url)


@pytest.fixture
def watched(client: Callable[..., TracedClient]) -> Shop:
    """Give a shop all of whose traces are kept, each begun by the gateway."""
    return Shop(client(WATCHED_TENANT))


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """Give a client for the query APIs."""
    async with httpx.AsyncClient(timeout=_REQUEST_WITHIN, trust_env=False) as client:
        yield client


@pytest.fixture
async def traffic(watched: Shop) -> AsyncIterator[None]:
    """Have every kind of request sent without a break, whatever is answered: a rate is of the last minute."""
    user = await watched.user()  # while all is well

    async def ask() -> None:
        while True:
            ordered = await watched.order(user)
            if ordered.response.is_success:
                order = f"/v1/orders/{ordered.answer(201)['order_id']}"
                await watched.api.post(f"{order}/cancel")
                await watched.api.get(f"{order}/events")  # they end: nothing comes after that
            await watched.order(NOBODY)
            await watched.api.get("/v1/orders")
            await watched.api.post("/v1/users", json={"email": f"{uuid4().hex}@example.com", "name": "Ada Lovelace"})

    asking = asyncio.create_task(ask())
    yield
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking


@pytest.fixture
def tracer() -> Iterator[Callable[..., Tracer]]:
    """Give tracers by service, which send each span to the collector as it ends: a span of any length, of any time."""
    providers: list[TracerProvider] = []

    def of(service: str, **resource: str) -> Tracer:
        provider = TracerProvider(resource=Resource({"service.name": service, **resource}))
        provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{COLLECTOR}/v1/traces")))
        providers.append(provider)
        return provider.get_tracer("tests")

    yield of
    for provider in providers:
        provider.shutdown()


@pytest.fixture
def faulty(stack: Stack, flags: FlagFile) -> Faulty:
    """Give what lets the stack have a fault."""
    return Faulty(stack, flags)


@pytest.fixture(scope="session")
def flags(observed: ComposeStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlagFile]:
    """Give the file that says which faults are on, of a stack that may have some."""
    folder = tmp_path_factory.mktemp("flags")
    folder.chmod(_FOR_CONTAINERS)
    file = FlagFile(folder / "flags.json", load().flags)
    file.clear()
    with observed.faults(file.path):
        yield file
        file.clear()
