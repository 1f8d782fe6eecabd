"""A stack whose services may be made to fail: what switches a fault of the catalogue on, and off again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from faults.catalogue import Fault
from faults.flags import EVERYBODY, Audience, FlagFile


class Breakable(Protocol):
    """A stack whose parts can be ended."""

    @property
    def parts(self) -> Sequence[str]:
        """What can be ended."""

    def kill(self, part: str, /) -> None:
        """End one part at once; it stays down until `start`."""

    def start(self, part: str, /) -> None:
        """Start one part again; returns when it can do its work."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """The stack, and the flags of its services.

    Args:
        stack: Where the services run with FAULTS=1; None: one whose parts nobody can end.
        flags: The file that they read.
    """

    stack: Breakable | None
    flags: FlagFile

    @asynccontextmanager
    async def having(self, fault: Fault, audience: Audience = EVERYBODY) -> AsyncIterator[None]:
        """Let the stack have the fault inside; at the end what was ended runs again, and no flag is on."""
        stack, part = self.stack, fault.stops
        if stack is not None and part is not None and part in stack.parts:
            await asyncio.to_thread(stack.kill, part)
            try:
                yield
            finally:
                await asyncio.to_thread(stack.start, part)
            return
        if fault.inject is not None:
            self.flags.switch({fault.id: audience})
        try:
            yield
        finally:
            self.flags.clear()
