"""The pool of the database, taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from chassis.database.engine import Database


class HeldPool:
    """Holds the pool for all calls that want it held, from the first to the last of those that run at once.

    Args:
        database: Whose pool.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calls = 0
        self._taking = asyncio.Lock()
        self._connections = AsyncExitStack()
        self._held = 0

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold every connection that the pool has, or could open; those that others use when they give them back."""
        self._calls += 1
        try:
            async with self._taking:
                with suppress(PoolTimeoutError):  # somebody keeps his: who needs one waits in vain all the same
                    await self._take_all()
            yield
        finally:
            self._calls -= 1
            if self._calls == 0:
                given_back, self._connections, self._held = self._connections, AsyncExitStack(), 0
                await given_back.aclose()

    async def _take_all(self) -> None:
        engine = self._database.engine
        if not isinstance(engine.sync_engine.pool, QueuePool):
            return  # SQLite in memory has one connection, and nobody waits for it
        while self._held < self._database.most_connections:
            await self._connections.enter_async_context(engine.connect())
            self._held += 1
