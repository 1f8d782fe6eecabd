from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from stack.ports import HOST, Ports, variable
from stack.services import services

IsGone = Callable[[int], bool]
Until = Callable[[Callable[[], bool]], None]


def command(folder: Path) -> tuple[str, ...]:
    """Give what runs it with its data in a folder."""
    return (
        sys.executable,
        "-c",
        f"import pathlib, stack.demo.demo as d; d.RUN = pathlib.Path({str(folder)!r}); d.main()",
    )


class Demo:
    """`make demo` on free ports and in a folder of its own."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.ports = Ports.free()
        moved = {variable(name): str(port) for name, port in self.ports.of.items()}
        self.process = subprocess.Popen(  # noqa: S603  this interpreter
            command(folder),
            env=os.environ | moved | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait_up(self) -> str:
        """Give all that it prints until it is up."""
        return self.wait_for("Ctrl-C stops everything")

    def wait_for(self, words: str) -> str:
        """Give all that it prints until the end of the line with these words."""
        return self._until(lambda line: words in line)

    def meet(self, fault: str) -> str:
        """Choose a failure; give all that it shows of it, the address of its trace being the last line."""
        self.type(fault)
        return self._until(lambda line: line.startswith(f"http://{HOST}:{self.ports.of['console']}/trace/"))

    def _until(self, is_last: Callable[[str], bool]) -> str:
        printed = ""
        for line in self.process.stdout or ():
            printed += line
            if is_last(line):
                return printed
        raise AssertionError(printed + (self.process.stderr.read() if self.process.stderr else ""))

    def type(self, line: str) -> None:
        """Type a line into it."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, module: str) -> psutil.Process:
        (found,) = [child for child in self.children() if module in child.cmdline()]
        return found

    def wait(self) -> tuple[int, str]:
        """Give exit code and standard error."""
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    started = Demo(tmp_path / "run")
    yield started
    with suppress(ProcessLookupError):
        started.process.kill()
    started.process.communicate()


def test_it_places_an_order_shows_its_trace_and_stays_until_ctrl_c(demo: Demo, until: Until, is_gone: IsGone) -> None:
    printed = demo.wait_up()
    children = [child.pid for child in demo.children()]

    assert "7 spans · 3 services · tenant acme" in printed
    assert "INSERT orders" in printed
    assert f"http://{HOST}:{demo.ports.of['console']}/trace/" in printed
    assert f"http://{HOST}:{demo.ports.of['gateway']}/docs" in printed
    assert "curl -i" in printed
    assert len(children) == len(services()) + 3  # the gateway, the trace store, and who ends all if this one cannot

    demo.process.send_signal(signal.SIGINT)

    printed, errors = demo.process.communicate(timeout=30)
    assert (demo.process.returncode, errors) == (0, "")
    assert "What can go wrong" not in printed  # faults are not allowed
    until(lambda: all(is_gone(pid) for pid in children))


def test_where_faults_are_allowed_one_is_chosen_and_shown_with_its_trace(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "run", FAULTS="1")
    try:
        menu = demo.wait_for("clock-skew")
        assert " 1  user-not-found     User not found\n" in menu
        assert "jaeger-down" not in menu  # there is none

        flaky = demo.meet("user-flaky")
        assert "answered 201, as the catalogue says\n" in flaky
        assert "✗ user UserService/GetUser" in flaky

        # the program that ends for it does not end the demo
        assert "answered 503, as the catalogue says\n" in demo.meet("user-down")

        assert "answered 404, as the catalogue says\n" in demo.meet("1")  # order has found user again by then

        demo.type("user-gone")
        assert "fault='user-gone': expected one of user-not-found, " in demo.wait_for("expected one of")

        demo.process.send_signal(signal.SIGINT)
        assert demo.wait() == (0, "")
    finally:
        with suppress(ProcessLookupError):
            demo.process.kill()
        demo.process.communicate()


def test_its_key_is_nobody_elses_and_kept_for_the_next_time(demo: Demo) -> None:
    demo.wait_up()

    assert stat.S_IMODE((demo.folder / "jwt.key").stat().st_mode) == 0o600
    assert len((demo.folder / "jwt.key").read_text().strip()) >= 32


def test_a_service_that_dies_is_named_and_ends_it_all(demo: Demo, until: Until, is_gone: IsGone) -> None:
    demo.wait_up()
    children = [child.pid for child in demo.children()]

    demo.child("order_service").kill()

    code, errors = demo.wait()
    assert code == 2
    assert errors.startswith("demo: order ended with exit code -9\n")
    until(lambda: all(is_gone(pid) for pid in children))


def test_killed_it_leaves_nothing_behind(demo: Demo, until: Until, is_gone: IsGone) -> None:
    demo.wait_up()
    children = [child.pid for child in demo.children()]

    demo.process.kill()

    until(lambda: all(is_gone(pid) for pid in children))


def test_ctrl_c_while_it_starts_leaves_nothing_behind(demo: Demo, until: Until, is_gone: IsGone) -> None:
    until(lambda: len(demo.children()) > 1)
    children = [child.pid for child in demo.children()]

    demo.process.send_signal(signal.SIGINT)

    code, errors = demo.wait()
    assert (code, errors) == (0, "")
    until(lambda: all(is_gone(pid) for pid in children))


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        moved = {variable(name): str(number) for name, number in Ports.free().of.items()}
        environment = os.environ | moved | {"ORDER_PORT": str(port)}
        done = subprocess.run(command(tmp_path), env=environment, capture_output=True, text=True, check=False)  # noqa: S603  as above

    assert done.returncode == 2
    assert done.stderr == f"demo: port {port} (order) is taken: stop what listens there, or set ORDER_PORT\n"
