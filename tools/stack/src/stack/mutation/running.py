"""Runs tests in a process that is forked for them, with a module of this repository that lacks a statement."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from stack.mutation.mutants import Mutant

_POLL = 0.02

Executed = dict[str, set[int]]


class Child:
    """A function in a forked process, in a session of its own.

    Args:
        run: Gives the exit code.
        within: Seconds after which it is killed.
        silent: What it prints goes nowhere.

    Attributes:
        exit_code: When it has ended; below zero for the signal that ended it.
    """

    def __init__(self, run: Callable[[], int], within: float, *, silent: bool = True) -> None:
        sys.stdout.flush()
        self.exit_code: int | None = None
        self._ends_at = time.monotonic() + within
        self._pid = os.fork()
        if self._pid == 0:
            os._exit(_run_alone(run, silent=silent))

    def has_ended(self) -> bool:
        """Tell whether it has ended; one whose time is over is killed, with all that it started."""
        if time.monotonic() > self._ends_at:
            os.killpg(self._pid, signal.SIGKILL)
        found, status = os.waitpid(self._pid, os.WNOHANG)
        if found:
            self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None


def exchange(mutant: Mutant) -> None:
    """Give the functions of a module that is loaded the code that they have without the mutant's statement.

    All is loaded once, and what a mutant takes is a fork and a few assignments. Code that ran when the module was
    loaded has run with the statement.

    Raises:
        ValueError: A function that is a closure by now would close over something else.
    """
    path = str(mutant.path)
    new = {(each.co_qualname, each.co_firstlineno): each for each in _codes(compile(mutant.source(), path, "exec"))}
    for function in [each for each in gc.get_objects() if isinstance(each, FunctionType)]:
        if function.__code__.co_filename == path:
            function.__code__ = new[function.__code__.co_qualname, function.__code__.co_firstlineno]


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Give a code and all that is defined in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def verdicts(
    mutants: Sequence[Mutant], tests: Callable[[Mutant], Sequence[str]], within: float, at_once: int
) -> Iterator[tuple[Mutant, bool]]:
    """Tell of each mutant whether it is noticed: the tests fail with it, or do not end in so many seconds."""
    waiting, running = deque(mutants), dict[Child, Mutant]()
    while waiting or running:
        while waiting and len(running) < at_once:
            mutant = waiting.popleft()
            running[Child(partial(_run_with, mutant, tests(mutant)), within)] = mutant
        for child in [child for child in running if child.has_ended()]:
            yield running.pop(child), child.exit_code != 0
        time.sleep(_POLL)


def _run_with(mutant: Mutant, tests: Sequence[str]) -> int:
    exchange(mutant)
    return int(pytest.main([*tests, "-x"]))


def executed_by(tests: Sequence[str], paths: Collection[Path], within: float) -> Executed:
    """Run the tests as they are; give the lines of these files that were executed, by file.

    Raises:
        RuntimeError: The tests fail by themselves.
    """
    reading, writing = os.pipe()

    def run() -> int:
        lines = _follow({str(path) for path in paths})
        code = int(pytest.main([*tests]))
        with os.fdopen(writing, "w") as pipe:
            json.dump({path: sorted(found) for path, found in lines.items()}, pipe)
        return code

    child = Child(run, within, silent=False)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        written = pipe.read()  # until the child has ended, or closed its end
    while not child.has_ended():
        time.sleep(_POLL)
    if child.exit_code != 0:
        raise RuntimeError(f"the tests fail without a mutant: exit code {child.exit_code}")
    return {path: set(found) for path, found in json.loads(written).items()}


def _follow(paths: Collection[str]) -> Executed:
    """Note each line of these files from now on, in all threads."""
    lines: defaultdict[str, set[int]] = defaultdict(set)

    def in_file(frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            lines[frame.f_code.co_filename].add(frame.f_lineno)
        return in_file

    def anywhere(frame: FrameType, _event: str, _argument: object) -> Any:
        return in_file if frame.f_code.co_filename in paths else None

    threading.settrace(anywhere)
    sys.settrace(anywhere)
    return lines


def _run_alone(run: Callable[[], int], *, silent: bool) -> int:
    """Run a function as the whole of a forked process; give its exit code, 1 for what it raises."""
    try:
        os.setsid()
        if silent:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (1, 2):
                os.dup2(nothing, stream)
        code = run()
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  nothing may go on in the parent's code
        traceback.print_exc()
        return 1
    return code
