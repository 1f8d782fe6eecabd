"""The stack, started once for all tests, and clients that each have a tenant of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from chassis.flush import BARRIER_PATH
from pytest_tracetest import backend_name, golden_folder, keep
from stack.compose.project import ComposeStack
from stack.e2e.stacks import Containers, Edge, Processes, Shop, Stack
from stack.in_process import InProcessStack
from stack.jaeger.find import WITHOUT_JAEGER, find_jaeger
from stack.jaeger.programs import Jaeger as JaegerProgram
from stack.local import LocalStack
from stack.trace_stores import ConsoleProgram, TraceStore
from tracetest import Backend, Jaeger, Memory, Target, TracedClient, http_barrier

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
def console_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProgram]:
    """Give a running console, which keeps logs and metrics where Jaeger does not."""
    with ConsoleProgram(tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture(scope="session")
def trace_store(request: pytest.FixtureRequest) -> TraceStore:
    """Give where the services send their traces, see --trace-backend."""
    name = backend_name(request.config)
    store: TraceStore = request.getfixturevalue("console_program" if name == "console" else "jaeger_program")
    return store


@pytest.fixture(scope="session")
def local(
    trace_store: TraceStore, console_program: ConsoleProgram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalStack]:
    """Give the services as processes."""
    with LocalStack(
        tmp_path_factory.mktemp("stack"),
        otlp_url=trace_store.otlp_url,
        signals_url=console_program.otlp_url,
        test_profile=True,
    ) as running:
        yield running


@pytest.fixture(scope="session")
def in_process(trace_backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessStack]:
    """Give the services in this process."""
    assert isinstance(trace_backend, Memory)
    with InProcessStack(tmp_path_factory.mktemp("stack"), trace_backend) as running:
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
    """Give the stack of this run, see --stack; a test that names it needs one whose parts can be ended."""
    if request.config.getoption("--stack") == "compose":
        return Containers(request.getfixturevalue("compose"))
    return Processes(request.getfixturevalue("local"), request.getfixturevalue("trace_store"))


@pytest.fixture
def edge(request: pytest.FixtureRequest) -> Edge:
    """Give the way into the stack of this run, wherever it runs."""
    entered: Edge = request.getfixturevalue("in_process" if _is_in_memory(request) else "stack")
    return entered


@pytest.fixture
def database(edge: Edge) -> str:
    """Give what the stack's spans call its database."""
    return edge.database


@pytest.fixture(scope="session")
def trace_backend(request: pytest.FixtureRequest) -> Backend:
    """Give where traces are fetched, see --trace-backend."""
    if _is_in_memory(request):
        return Memory()
    api = request.config.getoption("trace_api")
    if request.config.getoption("--stack") == "compose":
        return Jaeger(request.getfixturevalue("compose").jaeger_url, api=api)
    store: TraceStore = request.getfixturevalue("trace_store")
    signals: ConsoleProgram = request.getfixturevalue("console_program")
    return Jaeger(store.query_url, api=api, signals_url=signals.query_url)


@pytest.fixture
def jaeger(trace_backend: Backend) -> Backend:
    """Give the same, to tests that look for traces which no request of theirs has left."""
    return trace_backend


@pytest.fixture
def trace_target(edge: Edge) -> Target:
    """Give the gateway; its clients may go on with a trace of their own."""
    return Target(
        base_url=edge.gateway_url,
        headers_of=lambda tenant: {"Authorization": f"Bearer {edge.token(tenant, 'trace')}"},
        barrier=f"{edge.gateway_url}{BARRIER_PATH}" if isinstance(edge, Processes) else None,
        timeout=_REQUEST_WITHIN,
    )


@pytest.fixture
def tenant() -> str:
    """Give a tenant that nobody has used."""
    return _new_tenant()


@pytest.fixture
async def client(
    request: pytest.FixtureRequest, edge: Edge, trace_backend: Backend, trace_target: Target
) -> AsyncIterator[Callable[..., TracedClient]]:
    """Give a function that makes a client: of a tenant, or of nobody for None; with a scope; with more headers."""
    barrier = None if trace_target.barrier is None else http_barrier(trace_target.barrier)
    async with AsyncExitStack() as clients:

        def make(tenant: str | None, scope: str = "", **headers: str) -> TracedClient:
            if tenant is not None:
                headers = {"Authorization": f"Bearer {edge.token(tenant, scope)}"} | headers
            http = trace_target.client()
            http.headers.update(headers)
            clients.push_async_callback(http.aclose)
            return TracedClient(
                http,
                trace_backend,
                barrier=barrier,
                test=request.node.nodeid,
                fetched=lambda each: keep(request.node, each),
                golden=golden_folder(request.config),
            )

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


def _is_in_memory(request: pytest.FixtureRequest) -> bool:
    return backend_name(request.config) == "memory"


def _new_tenant() -> str:
    return f"tenant-{uuid4().hex[:12]}"
