"""The pool of the database, taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from telemetry.database import Database


@asynccontextmanager
async def held(database: Database) -> AsyncIterator[None]:
    """Hold every connection that the pool has left, or could open; they go back at the end."""
    engine = database.engine
    pool = engine.sync_engine.pool
    async with AsyncExitStack() as stack:
        if isinstance(pool, QueuePool):  # SQLite in memory has one connection, and nobody waits for it
            with suppress(PoolTimeoutError):  # somebody else was quicker: it is exhausted all the same
                while pool.checkedout() < database.most_connections:
                    await stack.enter_async_context(engine.connect())
        yield
