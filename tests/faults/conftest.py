"""A stack whose services may fail, and what each fault of the catalogue is checked with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from faults.catalogue import Fault, load
from faults.flags import FlagFile
from faults.scenario import Scenario
from pytest_tracetest import backend_name
from stack.compose.project import ComposeStack
from stack.e2e.recovery import until_served
from stack.e2e.stacks import Containers, Edge, Processes, Shop, Stack
from stack.in_process import InProcessStack
from stack.local import LocalStack
from stack.scenarios.injection import Faulty
from stack.scenarios.scenario import Meeting
from stack.trace_stores import ConsoleProgram, TraceStore
from tracetest import Memory, TracedClient

_FOR_CONTAINERS = 0o755  # their users are others
_OF_TIME = {"faster_than", "before", "after"}  # rules that a clock without seconds cannot decide


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for a `fault` each one that the stack of this run can have."""
    if "fault" in metafunc.fixturenames:
        faults = [fault for fault in load() if _is_possible(fault, metafunc.config)]
        metafunc.parametrize("fault", faults, ids=[fault.id for fault in faults])


def _is_possible(fault: Fault, config: pytest.Config) -> bool:
    """Tell whether there is the part that the fault ends, and a clock for what it says of the trace."""
    backend = backend_name(config)
    if backend == "memory":
        return (fault.stops is None or fault.inject is not None) and not _words(fault.trace) & _OF_TIME
    if config.getoption("--stack") == "compose" or fault.inject is not None:
        return True
    return fault.stops in (None, "user", "order", backend)


def _words(said: object) -> set[str]:
    if isinstance(said, list):
        return {word for each in said for word in _words(each)}
    if isinstance(said, dict):
        return {*map(str, said), *(word for each in said.values() for word in _words(each))}
    return set()


@pytest.fixture(scope="session")
def flags(tmp_path_factory: pytest.TempPathFactory) -> FlagFile:
    """Give the file that the services read, with every flag off."""
    folder = tmp_path_factory.mktemp("flags")
    folder.chmod(_FOR_CONTAINERS)
    file = FlagFile(folder / "flags.json", load().flags)
    file.clear()
    return file


@pytest.fixture(scope="module")
def in_process(
    trace_backend: Memory, flags: FlagFile, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InProcessStack]:
    """Give the services in this process, with FAULTS=1."""
    with InProcessStack(tmp_path_factory.mktemp("faulty"), trace_backend, flags) as running:
        yield running


@pytest.fixture(scope="module")  # so that no other test meets it
def stack(request: pytest.FixtureRequest, flags: FlagFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack that runs with FAULTS=1: processes of its own, or the containers started anew."""
    if request.config.getoption("--stack") == "compose":
        compose: ComposeStack = request.getfixturevalue("compose")
        with compose.faults(flags.path):
            yield Containers(compose)
        return
    store: TraceStore = request.getfixturevalue("trace_store")
    signals: ConsoleProgram = request.getfixturevalue("console_program")
    with LocalStack(
        tmp_path_factory.mktemp("faulty"),
        otlp_url=store.otlp_url,
        signals_url=signals.otlp_url,
        flags=flags,
        test_profile=True,
    ) as local:
        yield Processes(local, store)


@pytest.fixture
async def meeting(
    edge: Edge, flags: FlagFile, client: Callable[..., TracedClient], tenant: str
) -> AsyncIterator[Meeting]:
    """Give what meets a fault; at the end the stack is ready for the next test."""
    nobody = client(None)
    scenario = Scenario(nobody.http, lambda of: edge.token(of, "trace"), tenant)
    breakable = edge if isinstance(edge, Processes | Containers) else None
    yield Meeting(Faulty(breakable, flags), nobody, scenario)
    await until_served(Shop(client(tenant)))
