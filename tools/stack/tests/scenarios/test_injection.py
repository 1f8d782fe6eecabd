from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from faults.catalogue import load
from faults.flags import FlagFile
from stack.scenarios.injection import Faulty


class Parts:
    """A stack that keeps what was done to it."""

    def __init__(self, *parts: str) -> None:
        self.parts: Sequence[str] = parts
        self.done: list[str] = []

    def kill(self, part: str) -> None:
        self.done.append(f"kill {part}")

    def start(self, part: str) -> None:
        self.done.append(f"start {part}")


@pytest.fixture
def flags(tmp_path: Path) -> FlagFile:
    flags = FlagFile(tmp_path / "flags.json", load().flags)
    flags.clear()
    return flags


def on(flags: FlagFile) -> list[str]:
    states = json.loads(flags.path.read_text())["flags"]
    return [key for key, flag in states.items() if flag["defaultVariant"] == "on"]


async def test_a_flag_is_on_inside_and_off_afterwards(flags: FlagFile) -> None:
    stack = Parts("user")

    async with Faulty(stack, flags).having(load().get("user-slow")):
        assert on(flags) == ["user-slow"]

    assert (on(flags), stack.done) == ([], [])


async def test_a_part_is_down_inside_and_started_afterwards(flags: FlagFile) -> None:
    stack = Parts("user")

    async with Faulty(stack, flags).having(load().get("user-down")):
        assert stack.done == ["kill user"]

    assert (on(flags), stack.done) == ([], ["kill user", "start user"])


@pytest.mark.parametrize(("fault_id", "done"), [("user-slow", []), ("user-down", ["kill user", "start user"])])
async def test_all_is_as_before_whatever_happens_inside(flags: FlagFile, fault_id: str, done: list[str]) -> None:
    stack = Parts("user")

    async def fail() -> None:
        async with Faulty(stack, flags).having(load().get(fault_id)):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert (on(flags), stack.done) == ([], done)


@pytest.mark.parametrize(
    ("stack", "done", "flag"),
    [
        (Parts("user", "postgres"), ["kill postgres", "start postgres"], []),
        (Parts("user"), [], ["database-down"]),
        (None, [], ["database-down"]),
    ],
)
async def test_where_there_is_no_such_part_the_flag_stands_in(
    flags: FlagFile, stack: Parts | None, done: list[str], flag: list[str]
) -> None:
    async with Faulty(stack, flags).having(load().get("database-down")):
        assert on(flags) == flag

    assert ([] if stack is None else stack.done) == done


async def test_what_a_caller_does_wrong_changes_nothing_of_the_stack(flags: FlagFile) -> None:
    stack = Parts("user")

    async with Faulty(stack, flags).having(load().get("bad-token")):
        assert (on(flags), stack.done) == ([], [])
