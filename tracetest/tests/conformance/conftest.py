"""The services that the suite is tried on, as processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracetest.conformance import Program

HERE = Path(__file__).parent


def command(service: str) -> tuple[str, ...]:
    return (sys.executable, str(HERE / f"{service}.py"))


@pytest.fixture(scope="session")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give the service that does everything wrong."""
    database = tmp_path_factory.mktemp("wrong") / "things.db"
    with Program(
        command("wrong_service"),
        {"DATABASE_URL": f"sqlite+aiosqlite:///{database}"},
        calls=["FRIEND_SERVICE"],
        database="DATABASE_URL",
    ) as program:
        yield program


@pytest.fixture(scope="session")
def plain() -> Iterator[Program]:
    """Give a service that does everything right, and needs nothing."""
    with Program(command("plain_service")) as program:
        yield program
