"""What is not given is asked for, at a real terminal; where there is none, nobody is asked."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import pytest

from scaffold.cloning import Clone

_WITHIN = 60.0  # a busy machine
# What is to be written is printed in place of being written: that it can be, other tests show.
_PROGRAM = """
import pathlib, sys
import scaffold.new_service as n
n.ROOT = pathlib.Path(sys.argv[1])
n.new_service = lambda root, request, say: say(f"answers: {request.answers}") or []
n.main()
"""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A program and the terminal that it runs at."""

    program: subprocess.Popen[bytes]
    screen: int

    def read_until(self, text: str) -> str:
        """Give what is shown until a text is; what a person types is shown too."""
        shown, ends_at = "", time.monotonic() + _WITHIN
        while text not in shown:
            assert select.select([self.screen], [], [], max(0.0, ends_at - time.monotonic()))[0], shown
            shown += os.read(self.screen, 4096).decode()
        return shown

    def wait_until_it_reads(self) -> None:
        """Wait until it sleeps: `input` misses a Ctrl-C that comes between its question and its read."""
        asked, ends_at = psutil.Process(self.program.pid), time.monotonic() + _WITHIN
        while asked.status() != psutil.STATUS_SLEEPING:
            assert time.monotonic() < ends_at, asked.status()
            time.sleep(0.01)

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def wait(self) -> int:
        return self.program.wait(_WITHIN)


@contextmanager
def at_a_terminal(root: str, **variables: str) -> Iterator[Terminal]:
    screen, keyboard = pty.openpty()
    environment = {"PATH": os.environ["PATH"], **variables}
    program = subprocess.Popen(  # noqa: S603  our own words
        (sys.executable, "-c", _PROGRAM, root),
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        env=environment,
        start_new_session=True,
        preexec_fn=_take_the_terminal,  # noqa: PLW1509  so that Ctrl-C reaches it; nothing else runs here
    )
    os.close(keyboard)
    try:
        yield Terminal(program, screen)
    finally:
        program.kill()
        program.wait()
        os.close(screen)


def _take_the_terminal() -> None:
    """Make standard input the terminal that controls the new session."""
    import fcntl  # noqa: PLC0415  in the child alone

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_all_is_asked_for_in_turn_and_nothing_typed_means_the_default(read_only: Clone) -> None:
    with at_a_terminal(str(read_only.root)) as terminal:
        for question, answer in (
            ("its short name, such as inventory: ", "stock"),
            ("the services that it calls, of user,order: ", "user"),
            ("has it a database [yes]: ", ""),
            ("does the gateway lead to it [no]: ", "y"),
        ):
            terminal.read_until(question)
            terminal.type(f"{answer}\n")
        shown = terminal.read_until("}")

        assert (
            "answers: {'name': 'stock', 'calls': {'user': 50051}, 'database': True, 'route': True, 'port': 50053}"
            in shown
        )
        assert terminal.wait() == 0


def test_what_is_given_is_not_asked_for(read_only: Clone) -> None:
    with at_a_terminal(str(read_only.root), NAME="stock", CALLS="order", DB="no") as terminal:
        shown = terminal.read_until("does the gateway lead to it [no]: ")
        terminal.type("\n")

        assert shown == "does the gateway lead to it [no]: "
        assert "'database': False, 'route': False" in terminal.read_until("}")
        assert terminal.wait() == 0


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_a_person_may_change_his_mind(read_only: Clone, key: str) -> None:
    with at_a_terminal(str(read_only.root), NAME="stock") as terminal:
        terminal.read_until("order: ")
        terminal.wait_until_it_reads()
        terminal.type(key)

        terminal.read_until("new-service: stopped, and nothing is written")
        assert terminal.wait() == 130
    assert read_only.status() == ""


def test_where_there_is_no_terminal_nobody_is_asked(read_only: Clone) -> None:
    done = subprocess.run(  # noqa: S603  our own words
        (sys.executable, "-c", _PROGRAM, str(read_only.root)),
        input="stock\nuser\nyes\nyes\n",
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=_WITHIN,
    )

    expected = "new-service: NAME is not given: expected the service's short name, as in NAME=inventory\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)
