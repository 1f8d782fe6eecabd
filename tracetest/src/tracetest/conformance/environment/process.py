"""The process of a service that the suite has started."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Self

from tracetest.conformance.errors import Violation

# What would configure the service by accident.
_NOT_HANDED_ON = ("OTEL_",)
_TAIL_LINES = 20


class Process:
    """A child process; a context manager that leaves none behind.

    Args:
        command: Its arguments.
        environ: Its variables, on top of this process' own without ``OTEL_…``.
        log: The file that takes what it prints.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_HANDED_ON)}
        self._log = log
        self._asked_at = monotonic()
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603  the command that the suite was given
                command,
                env={**inherited, "PYTHONUNBUFFERED": "1", **environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def check(self) -> None:
        """Raise Violation when it has ended."""
        code = self._process.poll()
        if code is not None:
            raise Violation(f"the service ended by itself with exit code {code}:\n{self.tail()}")

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self._asked_at = monotonic()
        self._process.terminate()

    def wait(self, within: float) -> tuple[int | None, float]:
        """Wait for its end, so many seconds from when it was asked; give its exit code, None when it still runs.

        The second value is the seconds that it took.
        """
        try:
            code: int | None = self._process.wait(max(0.0, self._asked_at + within - monotonic()))
        except subprocess.TimeoutExpired:
            code = None
        return code, monotonic() - self._asked_at

    def tail(self) -> str:
        """Give the last lines that it printed."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:])
