"""A stack whose services may fail, and what each fault of the catalogue is checked with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from faults.catalogue import load
from faults.flags import FlagFile
from faults.scenario import Scenario
from stack.compose import ComposeStack
from stack.customers import until_ready
from stack.e2e import Containers, Processes, Stack
from stack.faulty import Faulty
from stack.jaeger import Jaeger as JaegerProgram
from stack.local import LocalStack
from stack.meeting import Meeting
from telemetry.testing import Jaeger, TracedClient

# What a stack has no part for, and what no flag can stand in for, it cannot have.
_NOT_LOCAL = ("collector-down",)
_SERVED_WITHIN = 30.0  # seconds
_NEXT_TRY = 0.05
_FOR_CONTAINERS = 0o755  # their users are others


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for a `fault` each one that the stack of this run can have."""
    if "fault" in metafunc.fixturenames:
        missing = _NOT_LOCAL if metafunc.config.getoption("--stack") == "local" else ()
        faults = [fault for fault in load() if fault.id not in missing]
        metafunc.parametrize("fault", faults, ids=[fault.id for fault in faults])


@pytest.fixture(scope="session")
def flags(tmp_path_factory: pytest.TempPathFactory) -> FlagFile:
    """Give the file that the services read, with every flag off."""
    folder = tmp_path_factory.mktemp("flags")
    folder.chmod(_FOR_CONTAINERS)
    file = FlagFile(folder / "flags.json", load().flags)
    file.clear()
    return file


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest, flags: FlagFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack that runs with FAULTS=1: processes of its own, or the containers started anew."""
    if request.config.getoption("--stack") == "compose":
        compose: ComposeStack = request.getfixturevalue("compose")
        with compose.faults(flags.path):
            yield Containers(compose)
        return
    jaeger: JaegerProgram = request.getfixturevalue("jaeger_program")
    folder = tmp_path_factory.mktemp("faulty")
    with LocalStack(folder, otlp_url=jaeger.otlp_url, flags=flags) as local:
        yield Processes(local, jaeger)


@pytest.fixture
async def meeting(
    stack: Stack, flags: FlagFile, jaeger: Jaeger, client: Callable[..., TracedClient], tenant: str
) -> AsyncIterator[Meeting]:
    """Give what meets a fault; at the end the stack is ready for the next test."""
    http = client(None).http
    scenario = Scenario(http, lambda of: stack.token(of, "trace"), tenant)
    yield Meeting(Faulty(stack, flags), jaeger, http, scenario)
    await until_ready(http)
    await _until_served(client(tenant).http)


async def _until_served(http: httpx.AsyncClient) -> None:
    """Wait until no service remembers an outage of its database any more."""
    async with asyncio.timeout(_SERVED_WITHIN):
        for path in ("/v1/users", "/v1/orders"):
            while not (await http.get(path)).is_success:  # noqa: ASYNC110  it is another process'
                await asyncio.sleep(_NEXT_TRY)
