"""Nobody configures the same service twice: its spans would be exported twice, or half of them to the wrong place.

The rule holds within a process for telemetry that exports, of one service name, until the first is shut down. What
exports nothing (kind "none", as in tests) may be made as often as one likes, and a forked child may make its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import ref

from telemetry.forks import renew_after_fork
from telemetry.settings.env import ConfigError


class Registry:
    """Where in the program something was done first: name → file and line, for as long as its owner lives."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: dict[str, tuple[int, ref[Any], str]] = {}

    def claim(self, name: str, owner: object) -> None:
        """Note where the program stands; raise ConfigError that tells where it stood when the name was claimed."""
        renew_after_fork(self)
        with self._lock:
            process, first, place = self._places.get(name, (0, lambda: None, ""))
            if process == os.getpid() and first() is not None:
                raise ConfigError(
                    f"configure: service_name={name!r} was configured at {place}: "
                    "expected to be called once; hand on what it gave, or shut that down first"
                )
            self._places[name] = (os.getpid(), ref(owner), program_line())

    def release(self, name: str, owner: object) -> None:
        """Give the name free, if it is this owner's."""
        with self._lock:
            if name in self._places and self._places[name][1]() is owner:
                del self._places[name]

    def after_fork(self) -> None:
        """Leave the lock that another thread of the parent may have held."""
        self._lock = Lock()


def program_line() -> str:
    """Give file and line of the nearest caller outside this package."""
    frame = sys._getframe()  # noqa: SLF001  the documented way to look at one's callers
    package = str(Path(__file__).parent)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
