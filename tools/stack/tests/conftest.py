from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from stack.processes.program import Program

_WITHIN = 20.0

Make = Callable[..., Program]


@pytest.fixture
def make_program(tmp_path: Path) -> Iterator[Make]:
    """Makes a program out of Python code; it is ready when its file `ready` is there."""
    with ExitStack() as stack:

        def make(code: str, *, ready_within: float = _WITHIN, environment: dict[str, str] | None = None) -> Program:
            script = tmp_path / "program.py"
            script.write_text(f"from pathlib import Path\nready = Path({str(tmp_path / 'ready')!r})\n{code}")
            program = Program(
                name="sample",
                command=(sys.executable, str(script)),
                environment=environment or {},
                log=tmp_path / "sample.log",
                is_ready=(tmp_path / "ready").exists,
                ready_within=ready_within,
            )
            stack.callback(program.stop)
            return program

        yield make


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for a condition."""

    def wait(condition: Callable[[], bool]) -> None:
        ends_at = time.monotonic() + _WITHIN
        while not condition():
            assert time.monotonic() < ends_at, "not within 20 s"
            time.sleep(0.02)

    return wait


@pytest.fixture
def is_gone() -> Callable[[int], bool]:
    """Tells whether a process has ended; one that nobody has asked for its exit code has."""

    def gone(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return gone
