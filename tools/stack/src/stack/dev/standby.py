"""The next process of a program: ready before it is needed, and serving before the old one ends."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from threading import Thread

import psutil

from stack.dev.launch import Launch
from stack.dev.launcher import GO
from stack.processes import ProcessError, Program

_SERVES_WITHIN = 15.0  # seconds


class Standby:
    """A process that has loaded a program's libraries, and waits until it is told to go on with the program's code.

    Args:
        program: The one whose place it takes; its process may have ended.
        launch: How it is started.
    """

    def __init__(self, program: Program, launch: Launch) -> None:
        self._program = program
        log = program.log.with_suffix(".next.log")
        self._next = replace(program, command=launch.command("--wait"), log=log, ready_within=_SERVES_WITHIN)
        self._serves_by = 0.0

    def start(self) -> None:
        """Start it; it does not serve yet."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {GO})  # the process inherits this, see the launcher
        try:
            self._next.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def go(self) -> None:
        """Have it load the program's code and serve, beside the old process and on the same port."""
        if not self._next.is_running:
            self.start()
        self._serves_by = time.monotonic() + _SERVES_WITHIN
        os.kill(self._next.pid, GO)

    def serves(self) -> bool:
        """Tell whether it listens by now.

        Raises:
            ProcessError: It has ended, or takes too long; the message ends with the last lines that it printed.
        """
        self._next.check()
        if _listens(self._next.pid, int(self._program.environment["LISTEN"].rpartition(":")[2])):
            return True
        if time.monotonic() > self._serves_by:
            raise ProcessError(f"{self._next.name} is not ready after {_SERVES_WITHIN:g} s\n{self._next.tail()}")
        return False

    def take_over(self) -> Thread:
        """Be the program's process from now on; give the thread in which the old one finishes its requests and ends."""
        self._program.log.replace(self._program.log.with_suffix(".previous.log"))
        self._next.log.replace(self._program.log)
        self._program.swap(self._next)
        ending = Thread(target=self._next.stop, name=f"end of the old {self._program.name}")
        ending.start()
        return ending

    def stop(self) -> None:
        """End it."""
        self._next.stop()


def _listens(pid: int, port: int) -> bool:
    """Tell whether a process listens on a TCP port: asking the port would not tell which one answers."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)
