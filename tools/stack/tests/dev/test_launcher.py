from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from stack.dev.launcher import GO, waiting_file
from stack.dev.loaded import Loaded

MakeFile = Callable[..., Path]
Start = Callable[..., subprocess.Popen[str]]
Until = Callable[[Callable[[], bool]], None]

MAIN = """import sys
import colorsys
from shop_service import domain
if __name__ == "__main__":
    print(__name__, sys.argv[1:], domain.ANSWER)
"""


@pytest.fixture
def start(tmp_path: Path, make_file: MakeFile) -> Iterator[Start]:
    """Starts a service made of two files by the launcher, with GO blocked, as its parent does."""
    make_file("services/shop/src/shop_service/__init__.py")
    make_file("services/shop/src/shop_service/domain.py", "ANSWER = 42\n")
    make_file("services/shop/src/shop_service/__main__.py", MAIN)
    processes = []

    def launch(*options: str, module: str = "shop_service") -> subprocess.Popen[str]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {GO})
        process = subprocess.Popen(  # noqa: S603  this interpreter
            (sys.executable, "-m", "stack.dev.launcher", *options, str(tmp_path), str(tmp_path / "report"), module),
            env=os.environ | {"PYTHONPATH": str(tmp_path / "services/shop/src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        processes.append(process)
        return process

    yield launch
    for process in processes:
        process.kill()
        process.communicate()


def test_it_runs_a_package_as_python_does_and_says_what_was_loaded(start: Start, tmp_path: Path) -> None:
    assert start().communicate() == ("__main__ [] 42\n", "")

    loaded = Loaded.read(tmp_path / "report")
    package = tmp_path / "services/shop/src/shop_service"
    assert loaded.sources == {package / "__init__.py", package / "__main__.py", package / "domain.py"}
    assert "colorsys" in loaded.libraries


def test_it_runs_a_module_too(start: Start, make_file: MakeFile) -> None:
    make_file("services/shop/src/shop_service/other.py", "if __name__ == '__main__': print('ran')")

    assert start(module="shop_service.other").communicate() == ("ran\n", "")


def test_it_waits_with_the_libraries_loaded_and_goes_on_with_the_newest_code(
    start: Start, make_file: MakeFile, until: Until, tmp_path: Path
) -> None:
    start().communicate()
    Loaded(frozenset(), ("no_such_library", "sqlite3")).write(tmp_path / "report")
    process = start("--wait")
    until(waiting_file(tmp_path / "report").exists)
    assert any("_sqlite3" in file.path for file in psutil.Process(process.pid).memory_maps())
    make_file("services/shop/src/shop_service/domain.py", "ANSWER = 'new'\n")

    process.send_signal(GO)

    assert process.communicate() == ("__main__ [] new\n", "")
    assert not waiting_file(tmp_path / "report").exists()


def test_a_signal_that_comes_before_it_waits_is_kept(start: Start) -> None:
    process = start("--wait")
    process.send_signal(GO)

    assert process.communicate() == ("__main__ [] 42\n", "")


def test_code_that_cannot_be_imported_is_told_without_the_launchers_own_lines(
    start: Start, make_file: MakeFile, tmp_path: Path
) -> None:
    domain = make_file("services/shop/src/shop_service/domain.py", "raise ValueError('no')\n")
    process = start()

    _, errors = process.communicate()

    main = domain.with_name("__main__.py")
    assert process.returncode == 1
    assert errors == (
        "Traceback (most recent call last):\n"
        f'  File "{main}", line 3, in <module>\n    from shop_service import domain\n'
        f"  File \"{domain}\", line 1, in <module>\n    raise ValueError('no')\n"
        "ValueError: no\n"
    )
    assert not (tmp_path / "report").exists()


def test_a_program_that_is_not_there_is_told(start: Start) -> None:
    process = start(module="no_such_service")

    assert process.communicate()[1] == "ModuleNotFoundError: No module named 'no_such_service'\n"
    assert process.returncode == 1
