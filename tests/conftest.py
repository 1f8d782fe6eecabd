"""The stack, started once for all tests, and clients that each have a tenant of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest

from stack.compose import ComposeStack
from stack.e2e import Containers, Processes, Shop, Stack
from stack.jaeger import WITHOUT_JAEGER, find_jaeger
from stack.jaeger import Jaeger as JaegerProgram
from stack.local import LocalStack
from telemetry.testing import Jaeger, TracedClient

_REQUEST_WITHIN = 30.0  # seconds


@pytest.fixture(scope="session")
def jaeger_program(pytestconfig: pytest.Config) -> Iterator[JaegerProgram]:
    """Give a running Jaeger of the tests' own; without one, skip loudly."""
    terminal = pytestconfig.get_terminal_writer()
    found = find_jaeger(lambda text: terminal.line(f"jaeger: {text}"))
    if found is None:
        terminal.line(f"\n{WITHOUT_JAEGER}", red=True)
        pytest.skip("there is no Jaeger: set JAEGER, or start Docker, or install Go")
    with found:
        yield found


@pytest.fixture(scope="session")
def local(jaeger_program: JaegerProgram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Give the services as processes."""
    with LocalStack(tmp_path_factory.mktemp("stack"), otlp_url=jaeger_program.otlp_url) as running:
        yield running


@pytest.fixture(scope="session")
def compose() -> ComposeStack:
    """Give the services in containers, which `make test-compose` has brought up."""
    running = ComposeStack()
    containers = running.containers()
    if "gateway" not in containers:
        pytest.fail("docker compose is not up: run the tests by make test-compose")
    running.postgres_port = int(containers["postgres"].published[0].rpartition(":")[2])
    return running


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Stack:
    """Give the stack of this run, see --stack."""
    if request.config.getoption("--stack") == "compose":
        return Containers(request.getfixturevalue("compose"))
    return Processes(request.getfixturevalue("local"), request.getfixturevalue("jaeger_program"))


@pytest.fixture
async def jaeger(stack: Stack) -> AsyncIterator[Jaeger]:
    """Give what fetches traces."""
    async with Jaeger(stack.query_url) as reader:
        yield reader


@pytest.fixture
def tenant() -> str:
    """Give a tenant that nobody has used."""
    return _new_tenant()


@pytest.fixture
async def client(stack: Stack, jaeger: Jaeger) -> AsyncIterator[Callable[..., TracedClient]]:
    """Give a function that makes a client: of a tenant, or of nobody for None; with a scope; with more headers."""
    async with AsyncExitStack() as clients:

        def make(tenant: str | None, scope: str = "", **headers: str) -> TracedClient:
            if tenant is not None:
                headers = {"Authorization": f"Bearer {stack.token(tenant, scope)}"} | headers
            http = httpx.AsyncClient(
                base_url=stack.gateway_url, headers=headers, timeout=_REQUEST_WITHIN, trust_env=False
            )
            clients.push_async_callback(http.aclose)
            return TracedClient(http, jaeger)

        yield make


@pytest.fixture
def api(client: Callable[..., TracedClient], tenant: str) -> TracedClient:
    """Give a client of the tenant whose traces go on in the stack."""
    return client(tenant, scope="trace")


@pytest.fixture
def shop(api: TracedClient) -> Shop:
    """Give the tenant's shop."""
    return Shop(api)


@pytest.fixture
def other_tenant() -> str:
    """Give one more tenant that nobody has used."""
    return _new_tenant()


def _new_tenant() -> str:
    return f"tenant-{uuid4().hex[:12]}"
