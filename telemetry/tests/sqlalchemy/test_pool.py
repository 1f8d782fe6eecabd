from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text

from chassis.database.engine import Database
from telemetry import Telemetry, use_tenant
from telemetry.sqlalchemy.pool import pool_name

Measured = tuple[Telemetry, Callable[..., list[Any]]]

COUNT = "db.client.connection.count"


async def test_used_and_idle_connections_and_the_wait_for_them_are_measured(measured: Measured, tmp_path: Path) -> None:
    telemetry, points = measured
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}", telemetry, pool_size=3)

    def states() -> dict[str, int]:
        return {point.attributes["db.client.connection.state"]: point.value for point in points(COUNT)}

    with use_tenant("acme"):
        async with database.transaction() as connection:
            await connection.execute(text("SELECT 1"))
            assert states() == {"used": 1, "idle": 0}
        assert states() == {"used": 0, "idle": 1}
    (wait,), (most,) = points("db.client.connection.wait_time"), points("db.client.connection.max")
    assert (wait.count, most.value) == (1, 6)
    assert most.attributes["db.client.connection.pool.name"] == "sqlite/test.db"
    await database.close()
    assert not points(COUNT)


async def test_two_databases_are_two_pools(measured: Measured, tmp_path: Path) -> None:
    telemetry, points = measured
    databases = [Database(f"sqlite+aiosqlite:///{tmp_path / name}", telemetry) for name in ("a.db", "b.db")]

    names = {point.attributes["db.client.connection.pool.name"] for point in points("db.client.connection.max")}
    assert names == {"sqlite/a.db", "sqlite/b.db"}
    for database in databases:
        await database.close()


async def test_a_database_in_memory_has_no_pool_and_works(measured: Measured) -> None:
    telemetry, points = measured
    database = Database("sqlite+aiosqlite:///:memory:", telemetry)
    await database.ping()
    points(COUNT)
    await database.close()


def test_a_pool_is_named_without_user_and_password() -> None:
    assert pool_name(make_url("postgresql+asyncpg://user:secret@db:5432/order")) == "db:5432/order"
    assert pool_name(make_url("sqlite+aiosqlite:///some/order.db")) == "sqlite/order.db"
