"""Processes beside this one: told what to do by their input, ended by its end, and their CPU time read from outside."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_LINES_OF_A_FAILURE = 15
_END_WITHIN = 5.0


class ProcessError(Exception):
    """A process ended, or did not answer in time; the message has the last lines of its log."""


class Child:
    """A running process; an async context manager that ends it.

    Args:
        name: As errors call it.
        process: What was started.
        log: Takes what it writes to its standard error.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self._name = name
        self._process = process
        self._log = log

    @classmethod
    async def start(cls, name: str, command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> Child:
        """Start it."""
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=dict(environment),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                limit=2**24,  # the load prints one line with all its times
            )
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def tell(self, line: str) -> None:
        """Write a line to its input."""
        if self._process.stdin is None:
            raise ProcessError(f"{self._name} has no input")
        self._process.stdin.write(f"{line}\n".encode())

    async def line(self, within: float = 60.0) -> str:
        """Give its next line; raise ProcessError when none comes within that many seconds."""
        if self._process.stdout is None:
            raise ProcessError(f"{self._name} has no output")
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), within)
        except TimeoutError:
            raise ProcessError(f"{self._name} did not answer within {within:g} s\n{self._tail()}") from None
        if not line:
            raise ProcessError(f"{self._name} ended\n{self._tail()}")
        return line.decode().strip()

    def cpu_seconds(self) -> float:
        """Give the CPU seconds that all its threads have used."""
        return cpu_seconds(self._process.pid)

    async def __aenter__(self) -> Self:
        """Give itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it: by the end of its input, and by force when that does not do it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _END_WITHIN)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LINES_OF_A_FAILURE:])


def cpu_seconds(pid: int) -> float:
    """Give the CPU seconds, user's and system's, that all threads of a process have used."""
    if sys.platform == "linux":  # clock_getcpuclockid(3): the process' own clock, in nanoseconds where /proc has 10 ms
        return time.clock_gettime_ns((~pid << 3) | 2) / 1e9
    import psutil  # noqa: PLC0415  needed elsewhere alone

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def memory_bytes(pid: int) -> int:
    """Give the bytes that a process holds in memory."""
    if sys.platform == "linux":
        resident = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
        return int(resident) * os.sysconf("SC_PAGE_SIZE")
    import psutil  # noqa: PLC0415  needed elsewhere alone

    return int(psutil.Process(pid).memory_info().rss)
