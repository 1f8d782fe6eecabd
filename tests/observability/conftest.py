"""The profile `observability` of docker compose, started once for all tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from stack.compose import ComposeStack
from stack.e2e import Containers, Shop, Stack
from stack.observability import WATCHED_TENANT
from stack.observability import observed as bring_up
from telemetry.testing import Backend, Jaeger, TracedClient

_REQUEST_WITHIN = 30.0  # seconds


@pytest.fixture(scope="session")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """Give the profile's containers."""
    folder = tmp_path_factory.mktemp("observed")
    for part in (folder.parent, folder):
        part.chmod(0o755)  # the containers' users are others
    with bring_up(folder) as compose:
        yield compose


@pytest.fixture(scope="session")
def stack(observed: ComposeStack) -> Stack:
    """Give the same as a stack that requests are sent to."""
    return Containers(observed)


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
