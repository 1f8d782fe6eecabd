"""What every service must do, whatever else it does: the suite of `tracetest.conformance`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from order_service.migrate import MIGRATIONS
from tracetest.conformance import CHECKS, Check, Program

COMMAND = (sys.executable, "-m", "order_service")
CALLS: list[str] = ["USER_SERVICE"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give the service, with a database that the migrations have been run on."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('conformance') / 'order.db'}"
    MIGRATIONS.run(make_url(url))
    with Program(COMMAND, {"DATABASE_URL": url}, calls=CALLS, database="DATABASE_URL") as program:
        yield program


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_it_keeps_the_rule(program: Program, check: Check) -> None:
    check(program)
