from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from bench.launch import percentile
from bench.processes import Child, ProcessError, cpu_seconds

_ECHO = "import sys\nfor line in sys.stdin: print(line.upper().strip(), flush=True)"


def test_cpu_time_is_read_from_outside_and_grows_with_work() -> None:
    before = cpu_seconds(os.getpid())
    ends_at = time.process_time() + 0.02
    while time.process_time() < ends_at:
        pass
    assert 0.02 <= cpu_seconds(os.getpid()) - before < 1


async def test_a_child_answers_and_ends_with_its_input(tmp_path: Path) -> None:
    async with await Child.start("echo", (sys.executable, "-c", _ECHO), {}, tmp_path / "log") as child:
        child.tell("ready")
        assert await child.line() == "READY"
        assert child.cpu_seconds() > 0
        pid = child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_child_that_ends_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('no receiver there')")
    async with await Child.start("order", command, {}, tmp_path / "log") as child:
        with pytest.raises(ProcessError, match=r"order ended\nno receiver there"):
            await child.line()


async def test_a_child_that_does_not_answer_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async with await Child.start("echo", (sys.executable, "-c", _ECHO), {}, tmp_path / "log") as child:
        with pytest.raises(ProcessError, match=r"echo did not answer within 0.05 s"):
            await child.line(within=0.05)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 201)]

    assert (percentile(values, 50), percentile(values, 99), percentile([7.0], 99)) == (100.0, 198.0, 7.0)
