from __future__ import annotations

from pathlib import Path

import pytest

from tracetest.conformance import CHECKS
from tracetest.conformance.catalogue import find

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "conformance.md"


def test_the_page_shows_every_check_with_its_reason_and_link() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    assert rows == [f"| `{check.name}` | {check.reason} | [source]({check.link}) |" for check in CHECKS]


def test_no_two_checks_have_one_name() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_checks_are_found_by_name_once_each_and_all_of_them_for_none() -> None:
    assert [check.name for check in find(["sigterm", "health", "sigterm"])] == ["sigterm", "health"]
    assert find([]) == CHECKS


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"^'helth' is no check: expected one of trace-continued, .*, health, "):
        find(["helth"])
