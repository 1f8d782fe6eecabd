from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.dev.launch import Launch
from stack.dev.standby import Standby
from stack.ports import HOST, free_ports
from stack.probes.readiness import http_answers
from stack.processes.program import ProcessError, Program, module

IsGone = Callable[[int], bool]
MakeFile = Callable[..., Path]
Until = Callable[[Callable[[], bool]], None]

MODULE = "services/shop/src/shop.py"
SERVES = """
import http.server, os
host, port = os.environ["LISTEN"].split(":")
class Server(http.server.HTTPServer):
    allow_reuse_port = os.environ["LISTEN_REUSE_PORT"] == "true"
if __name__ == "__main__":
    Server((host, int(port)), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def program(tmp_path: Path, make_file: MakeFile) -> Iterator[Program]:
    """A program that serves HTTP, started so that another can take its place."""
    make_file(MODULE, SERVES)
    address = f"{HOST}:{free_ports(1)[0]}"
    serving = Program(
        name="shop",
        command=module("shop"),
        environment={"LISTEN": address, "PYTHONPATH": str(tmp_path / "services/shop/src")},
        log=tmp_path / "shop.log",
        is_ready=lambda: http_answers(f"http://{address}/"),
    )
    Launch.of(serving, tmp_path).prepare(serving)
    serving.start()
    serving.wait_ready()
    yield serving
    serving.stop()


@pytest.fixture
def standby(program: Program, tmp_path: Path) -> Iterator[Standby]:
    waiting = Standby(program, Launch(module="shop", root=tmp_path, report=tmp_path / "shop.loaded.json"))
    waiting.start()
    yield waiting
    waiting.stop()


def test_it_takes_the_programs_place_and_the_old_process_ends(
    program: Program, standby: Standby, until: Until, is_gone: IsGone
) -> None:
    old = program.pid
    standby.go()

    until(standby.has_taken_over)

    assert program.pid != old
    assert program.is_ready()
    until(lambda: is_gone(old))


def test_until_it_is_told_to_it_does_not_serve(program: Program, standby: Standby, until: Until) -> None:
    old = program.pid

    until(standby.is_loaded)

    assert program.pid == old


def test_code_that_fails_leaves_the_old_process_alone(
    program: Program, standby: Standby, make_file: MakeFile, until: Until
) -> None:
    old = program.pid
    make_file(MODULE, "raise ValueError('no')\n")
    standby.go()

    with pytest.raises(ProcessError, match=r"(?s)^shop ended with exit code 1\n.*ValueError: no$"):
        until(standby.has_taken_over)

    assert (program.pid, program.is_ready()) == (old, True)


def test_code_that_does_not_listen_in_time_is_an_error(
    program: Program, standby: Standby, make_file: MakeFile, until: Until
) -> None:
    make_file(MODULE, "if __name__ == '__main__': import signal; print('at work', flush=True); signal.pause()\n")
    standby.go()
    until(lambda: "at work" in program.log.with_suffix(".next.log").read_text())
    standby._listens_by = time.monotonic()

    with pytest.raises(ProcessError, match=r"^shop is not ready after 15 s\nat work$"):
        standby.has_taken_over()


def test_a_standby_that_was_killed_starts_again(program: Program, standby: Standby, until: Until) -> None:
    old = program.pid
    standby._next.kill()
    standby.go()

    until(standby.has_taken_over)

    assert program.pid != old


def test_the_log_is_that_of_the_process_that_serves(program: Program, standby: Standby, until: Until) -> None:
    standby.go()
    until(standby.has_taken_over)
    assert program.is_ready()

    until(lambda: '"GET / HTTP/1.1" 200' in program.log.read_text())
    assert '"GET / HTTP/1.1" 200' in program.log.with_suffix(".previous.log").read_text()
