from __future__ import annotations

from pathlib import Path

import pytest

from stack.mutation.mutants import Mutant, find_mutants

SOURCE = '''\
"""A module."""

LIMIT = 3


def measured(items):
    """Do it."""
    total = 0
    for item in items:
        total += item
        record(
            item,
            total,
        )
    if not items: return None
    raise_it = True
    kept: list[int]
    return total


class Recorder:
    name = "recorder"

    async def record(self, item):
        del self.items[item]
        raise KeyError(item)
'''
ALL = set(range(1, 100))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    return path


def mutants(path: Path, executed: set[int]) -> list[Mutant]:
    return list(find_mutants("module", path, executed))


def test_each_statement_of_a_function_is_removed_but_what_does_nothing_or_shares_a_line(path: Path) -> None:
    assert [mutant.text for mutant in mutants(path, ALL)] == [
        "total = 0",
        "total += item",
        "record(",
        "raise_it = True",
        "return total",
        "del self.items[item]",
        "raise KeyError(item)",
    ]


def test_what_no_test_has_executed_is_left_alone(path: Path) -> None:
    assert [mutant.line for mutant in mutants(path, {8, 18})] == [8, 18]


def test_only_the_statement_is_gone_and_no_line_moves(path: Path) -> None:
    call = mutants(path, {11})[0]

    lines, mutated = SOURCE.splitlines(), call.source().splitlines()

    assert mutated[10:14] == ["        pass", "", "", ""]
    assert mutated[:10] + mutated[14:] == lines[:10] + lines[14:]


def test_every_mutant_is_a_module_still(path: Path) -> None:
    for mutant in mutants(path, ALL):
        compile(mutant.source(), "module.py", "exec")


def test_it_tells_where_it_is(path: Path) -> None:
    assert str(mutants(path, {8})[0]) == "module:8  total = 0"
