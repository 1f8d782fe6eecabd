from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

from stack.processes import reaper
from stack.processes.program import Program

Make = Callable[..., Program]

DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nready.touch()\nwhile True: signal.pause()\n"


@pytest.fixture(autouse=True)
def _within_a_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restores the signals; and here the programs are children, which are there until they are asked for their code."""
    monkeypatch.setattr(reaper, "_GRACE", 0.3)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_what_still_runs_at_the_end_of_the_input_is_asked_to_end(make_program: Make) -> None:
    program = make_program("import signal\nready.touch()\nsignal.pause()\n")
    program.start()
    program.wait_ready()

    reaper.main([f"+{program.pid}\n"])

    assert program.terminate()[0] == -signal.SIGTERM


def test_what_does_not_listen_is_killed(make_program: Make) -> None:
    program = make_program(DEAF)
    program.start()
    program.wait_ready()

    reaper.main([f"+{program.pid}\n"])

    assert program.terminate()[0] == -signal.SIGKILL


def test_an_id_that_was_given_back_is_left_alone(make_program: Make) -> None:
    program = make_program("import signal\nready.touch()\nsignal.pause()\n")
    program.start()
    program.wait_ready()

    reaper.main([f"+{program.pid}\n", f"-{program.pid}\n"])

    assert program.is_running


def test_what_has_ended_by_itself_is_no_error() -> None:
    reaper.main(["+4194303\n"])
