"""Mutants of a small module, noticed or not by small tests, each in a process that is forked from one of the test's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """\
def add(one, other):
    total = one + other
    unseen = total
    return total


def wait(event):
    event.set()
"""
TESTS = """\
import threading
import recorded_module

def test_add():
    assert recorded_module.add(1, 2) == 3

def test_wait():
    event = threading.Event()
    thread = threading.Thread(target=recorded_module.wait, args=(event,))
    thread.start()
    event.wait()
    thread.join()
"""
PROGRAM = """\
import sys
from pathlib import Path
from stack.mutation.mutants import find_mutants
from stack.mutation.running import executed_by, verdicts

folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
import recorded_module
module = folder / "recorded_module.py"
tests = (str(folder / "test_it.py"), "--assert=plain", "-q", "-p", "no:cacheprovider", "-c", "/dev/null")
executed = executed_by(tests, [module], 60)
print("executed", sorted(executed[str(module)]))
mutants = list(find_mutants("recorded_module", module, executed[str(module)]))
found = verdicts(mutants, lambda _mutant: tests, 20, at_once=2)
for mutant, is_noticed in sorted(found, key=lambda each: each[0].line):
    print(mutant.text, is_noticed)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recorded_module.py").write_text(MODULE)
    (tmp_path / "test_it.py").write_text(TESTS)
    return tmp_path


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  ours
        (sys.executable, "-c", PROGRAM, str(folder)), capture_output=True, text=True, check=False, timeout=110
    )


def test_what_changes_a_result_or_ends_nothing_any_more_is_noticed_and_nothing_else(folder: Path) -> None:
    done = run(folder)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "executed [2, 3, 4, 8]" in lines
    assert lines[-4:] == ["total = one + other True", "unseen = total False", "return total True", "event.set() True"]


def test_tests_that_fail_by_themselves_are_told(folder: Path) -> None:
    (folder / "test_it.py").write_text("def test_it():\n    assert False\n")

    done = run(folder)

    assert done.returncode == 1
    assert "RuntimeError: the tests fail without a mutant: exit code 1" in done.stderr
