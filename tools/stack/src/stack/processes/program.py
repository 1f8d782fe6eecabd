"""Programs as child processes: started, watched, ended, and never left behind."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from stack.services import services

_POLL_SECONDS = 0.05
_TAIL_LINES = 20
_STOPS = (signal.SIGINT, signal.SIGTERM)
# What a shell may have set for other programs would change what these do.
_OURS = ("OTEL_", "JWT_", "JWKS_", "DATABASE_", "FAULT")
_OUR_NAMES = frozenset({"LISTEN", "LISTEN_REUSE_PORT", "LOG_LEVEL", "REQUEST_TIMEOUT", "STREAM_TIMEOUT"})


class ProcessError(RuntimeError):
    """A program did not start, or ended by itself; the message ends with the last lines of its log."""


def module(name: str) -> tuple[str, ...]:
    """Give the command that runs a Python module with this interpreter."""
    return (sys.executable, "-m", name)


def clean_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Give this process' environment without what would configure the stack's programs by accident."""
    names = _OUR_NAMES | {service.variable for service in services()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS) and name not in names}
    return kept | {"PYTHONUNBUFFERED": "1"} | dict(more)


class _Reaper:
    """The process that ends the programs when this one is gone; see `stack.processes.reaper`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603  fixed words
            module("stack.processes.reaper"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # whoever reads what this process prints is not to wait for that one
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        atexit.register(self._close)

    def started(self, pid: int) -> None:
        """Tell it of a program; raise ProcessError when it is gone itself."""
        if not self._tell(f"+{pid}"):
            raise ProcessError("the reaper is gone: nothing would end the programs")

    def ended(self, pid: int) -> None:
        """Tell it that a program has ended, and its id may be used again."""
        self._tell(f"-{pid}")

    def _tell(self, line: str) -> bool:
        with self._lock:
            if self._process.stdin is None or self._process.poll() is not None:
                return False
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            return True

    def _close(self) -> None:
        self._process.communicate()


@cache
def _reaper() -> _Reaper:
    """Give the one of this process, started when it is first needed."""
    return _Reaper()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put Ctrl-C and SIGTERM off: an exception out of their handlers could lose a process that was just started."""
    if threading.current_thread() is not threading.main_thread():  # where handlers run
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _frame: came.append(number)) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for each in came:
        signal.raise_signal(each)


@dataclass(slots=True)
class Program:
    """One program that can be started again and again.

    Args:
        name: As the stack calls it.
        command: Its arguments.
        environment: Its settings, on top of `clean_environment`.
        log: The file that takes what it prints.
        is_ready: Tells whether it can do its work.
        ready_within: Seconds that it gets for that.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[], bool]
    ready_within: float = 30.0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """The process' id; raises ProcessError when it was not started."""
        return self._running().pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and do not wait until it is ready; raise ProcessError when it runs already."""
        if self.is_running:
            raise ProcessError(f"{self.name} runs already")
        with _undisturbed():
            self._start(_reaper())

    def _start(self, reaper: _Reaper) -> None:
        with self.log.open("wb" if self._process is None else "ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  the stack's own words, no shell
                self.command,
                env=clean_environment(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the stack, which ends its programs in order
            )
        reaper.started(self._process.pid)

    def wait_ready(self) -> None:
        """Return when it can do its work; raise ProcessError when it ends before that, or takes too long."""
        try:
            wait_until(self.is_ready, self.name, self.ready_within, self.check)
        except TimeoutError as error:
            raise ProcessError(f"{error}\n{self.tail()}") from None

    def check(self) -> None:
        """Raise ProcessError when it has ended."""
        code = self._running().poll()
        if code is not None:
            raise ProcessError(f"{self.name} ended with exit code {code}\n{self.tail()}")

    def terminate(self, within: float = 10.0) -> tuple[int, float]:
        """Ask it to end (SIGTERM), kill it after `within` seconds; give its exit code and the seconds that it took."""
        process, began = self._running(), time.monotonic()
        process.terminate()
        try:
            code = process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        _reaper().ended(process.pid)
        return code, time.monotonic() - began

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        process = self._running()
        process.kill()
        process.wait()
        _reaper().ended(process.pid)

    def stop(self) -> None:
        """End it if it runs."""
        if self.is_running:
            self.terminate()

    def swap(self, other: Program) -> None:
        """Trade processes with another program: what it has started runs under this one's name from now on."""
        self._process, other._process = other._process, self._process

    def tail(self, lines: int = _TAIL_LINES) -> str:
        """Give the last lines that it printed."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ProcessError(f"{self.name} was not started")
        return self._process


def wait_until(
    is_ready: Callable[[], bool], name: str, within: float, check: Callable[[], None] = lambda: None
) -> None:
    """Return when `is_ready` says so; raise TimeoutError after `within` seconds. `check` may raise meanwhile."""
    ends_at = time.monotonic() + within
    while not is_ready():
        check()
        if time.monotonic() > ends_at:
            raise TimeoutError(f"{name} is not ready after {within:g} s")
        time.sleep(_POLL_SECONDS)
    check()  # it may be another program that answers, at the port that ours did not get


def run_to_end(command: Sequence[str], environment: Mapping[str, str], within: float = 60.0) -> None:
    """Run a program that ends by itself; raise ProcessError with what it said when it fails."""
    try:
        done = subprocess.run(  # noqa: S603  the stack's own words, no shell
            command,
            env=clean_environment(environment),
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise ProcessError(f"{' '.join(command)}: not done after {within:g} s") from None
    if done.returncode != 0:
        raise ProcessError(f"{' '.join(command)}: exit code {done.returncode}\n{(done.stderr or done.stdout).strip()}")
