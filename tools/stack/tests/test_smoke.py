from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest

from stack import smoke
from stack.demo import order

OF_THE_STACK = ("user_service", "order_service", "gateway", "console", "stack.processes.reaper")


def descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_it_ends_by_itself_with_a_whole_trace_and_leaves_nothing(until: Callable[[Callable[[], bool]], None]) -> None:
    before = descendants()
    command = (sys.executable, "-m", "stack.smoke")

    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  this interpreter

    assert (done.returncode, done.stderr) == (0, "")
    assert "INSERT orders" in done.stdout
    assert done.stdout.endswith("smoke: the trace is whole\n")
    until(lambda: descendants() <= before)


def test_it_does_not_depend_on_the_terminal() -> None:
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "COLUMNS": "20"}
    command = (sys.executable, "-m", "stack.smoke")

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  as above

    assert (done.returncode, done.stderr) == (0, "")


def test_a_trace_that_is_not_whole_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(order, "WHOLE_TRACE", (*order.WHOLE_TRACE, (1, "gateway", "a span that is never made")))
    monkeypatch.setattr(order, "_TRACE_WITHIN", 1.0)

    with pytest.raises(SystemExit) as ended:
        smoke.main()

    assert ended.value.code == 1
    assert "missing: gateway a span that is never made" in capsys.readouterr().err
