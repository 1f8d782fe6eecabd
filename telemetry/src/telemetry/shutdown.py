"""A context manager, sync and async, for objects that shut down within a time budget."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self


class ShutdownContext(ABC):
    """Calls `shutdown` at the end of a ``with`` or ``async with`` block."""

    @abstractmethod
    def shutdown(self, budget: float | None = None) -> None:
        """Stop within `budget` seconds."""

    async def ashutdown(self, budget: float | None = None) -> None:
        """Do what `shutdown` does, without blocking the event loop."""
        pool = ThreadPoolExecutor(1, "telemetry")  # its own pool: the loop's may be full of work that hangs
        try:
            await asyncio.get_running_loop().run_in_executor(pool, self.shutdown, budget)
        finally:
            pool.shutdown(wait=False)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Shut down."""
        self.shutdown()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Shut down without blocking the event loop."""
        await self.ashutdown()
