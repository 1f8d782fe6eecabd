"""The faults of the stock instrumentation of SQLAlchemy that docs/adr/0003 lists, shown beside what is right.

The test first shows the faults. When it fails there, they are fixed upstream: remove the row from the ADR, and ask
whether `telemetry.sqlalchemy.spans` is still needed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from opentelemetry.instrumentation import dbapi
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import text
from sqlalchemy.ext import asyncio as sqlalchemy

from chassis.database.engine import Database
from telemetry import Telemetry, use_tenant

pytestmark = pytest.mark.usefixtures("quiet_end")

URL = "sqlite+aiosqlite:///:memory:"
SQLITE: Any = sqlite3  # the annotation says a function, the documentation a module
STATEMENTS = 3
FIXED = "fixed upstream? see docs/adr/0003"


@contextmanager
def stock(provider: TracerProvider, *, driver: bool) -> Iterator[None]:
    """Instrument SQLAlchemy, and its driver as well, as `opentelemetry-instrument` does."""
    SQLAlchemyInstrumentor().instrument(tracer_provider=provider, skip_dep_check=True)
    if driver:
        dbapi.wrap_connect("tests", SQLITE, "connect", "sqlite", tracer_provider=provider)
    try:
        yield
    finally:
        if driver:
            dbapi.unwrap_connect(SQLITE, "connect")
        SQLAlchemyInstrumentor().uninstrument()


async def transact_with_stock() -> None:
    engine = sqlalchemy.create_async_engine(URL)
    async with engine.begin() as connection:
        for _statement in range(STATEMENTS):
            await connection.execute(text("SELECT 42"))
    await engine.dispose()


@pytest.mark.parametrize(("driver", "at_least"), [(False, STATEMENTS + 1), (True, 2 * STATEMENTS + 1)])
async def test_more_than_a_span_a_statement(
    telemetry: Telemetry,
    stock_provider: TracerProvider,
    spans: list[Any],
    driver: bool,  # noqa: FBT001
    at_least: int,
) -> None:
    with stock(stock_provider, driver=driver):
        await transact_with_stock()
    assert len(spans) >= at_least, FIXED
    assert "connect" in [span.name for span in spans], FIXED
    assert "db.statement" in spans[-1].attributes, FIXED
    spans.clear()

    database = Database(URL, telemetry)
    with use_tenant("acme"):
        async with database.transaction() as connection:
            for _statement in range(STATEMENTS):
                await connection.execute(text("SELECT 42"))
    await database.close()
    assert [span.name for span in spans] == ["SELECT"] * STATEMENTS
    assert "db.statement" not in spans[-1].attributes
