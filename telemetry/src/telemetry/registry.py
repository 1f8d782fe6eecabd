"""The registry of configured services: configuring one twice would export spans twice, or to the wrong place.

The rule applies within a process to telemetry that exports, by service name, until the first is shut down. Telemetry
that exports nothing (kind "none", as in tests) is not limited, and a forked child can configure its own.
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
    """Names and where in the program they were first claimed, for as long as their owners live."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: dict[str, tuple[int, ref[Any], str]] = {}

    def claim(self, name: str, owner: object) -> None:
        """Claim a name; raise ConfigError with the file and line of the first claim if it is taken."""
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
        """Release the name if it belongs to this owner."""
        with self._lock:
            if name in self._places and self._places[name][1]() is owner:
                del self._places[name]

    def after_fork(self) -> None:
        """Replace the lock, which another thread of the parent may have held."""
        self._lock = Lock()


def program_line() -> str:
    """Return file and line of the nearest caller outside this package."""
    frame = sys._getframe()  # noqa: SLF001  the documented way to inspect callers
    package = str(Path(__file__).parent)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
