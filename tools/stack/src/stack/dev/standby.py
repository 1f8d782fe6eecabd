"""The next process of a program: ready before it is needed, and serving before the old one ends."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from threading import Thread

import psutil

from stack.dev.launch import Launch
from stack.dev.launcher import GO, waiting_file
from stack.processes.program import ProcessError, Program

_WITHIN = 15.0  # seconds


class Standby:
    """A process that has loaded a program's libraries, and waits until it is told to go on with the program's code.

    Args:
        program: The one whose place it takes; its process may have ended.
        launch: How it is started.
    """

    def __init__(self, program: Program, launch: Launch) -> None:
        self._program = program
        log = program.log.with_suffix(".next.log")
        self._waiting = waiting_file(launch.report)
        self._next = replace(program, command=launch.command("--wait"), log=log, ready_within=_WITHIN)
        self._port = int(program.environment["LISTEN"].rpartition(":")[2])
        self._listens_by = 0.0
        self._ending: Thread | None = None

    def start(self) -> None:
        """Start it; it does not serve yet."""
        self._waiting.unlink(missing_ok=True)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {GO})  # the process inherits this, see the launcher
        try:
            self._next.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def is_loaded(self) -> bool:
        """Tell whether it has nothing left to do but to wait: the restart is quick then."""
        return self._waiting.exists()

    def go(self) -> None:
        """Have it load the program's code and serve, beside the old process and on the same port."""
        if not self._next.is_running:
            self.start()
        self._listens_by = time.monotonic() + _WITHIN
        os.kill(self._next.pid, GO)

    def has_taken_over(self) -> bool:
        """Let it take the program's place once it listens; tell whether it is the only one that listens by now.

        The old process is asked to end then, and finishes the requests that it has.

        Raises:
            ProcessError: It has ended, or takes too long; the message ends with the last lines of its log.
        """
        if self._ending is None:
            self._next.check()
            if not _listens(self._next.pid, self._port):
                if time.monotonic() > self._listens_by:
                    raise ProcessError(f"{self._next.name} is not ready after {_WITHIN:g} s\n{self._next.tail()}")
                return False
            self._take_over()
        return not _listens(self._next.pid, self._port)

    def _take_over(self) -> None:
        log = self._program.log
        log.replace(log.with_suffix(".previous.log"))
        self._next.log.replace(log)
        self._program.swap(self._next)  # the old process is this one's now
        self._ending = Thread(target=self._next.stop, name=f"end of the old {self._program.name}")
        self._ending.start()

    def stop(self) -> None:
        """End it; what it has replaced ends by itself, in a thread that the interpreter waits for when it exits."""
        if self._ending is None:
            self._next.stop()


def _listens(pid: int, port: int) -> bool:
    """Tell whether a process listens on a TCP port: asking the port would not tell which one answers."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:  # it has ended
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)
