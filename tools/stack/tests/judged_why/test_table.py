from __future__ import annotations

from collections.abc import Sequence

import pytest

from console.why import Answer
from console.why.answer import Finding
from console.why.change import Change, Kind, Share, What
from console.why.seen import Operation
from faults.catalogue import Catalogue, load
from stack.judged_why.cases import Case, Judged, Part
from stack.judged_why.table import BEGIN, END, PageError, Results, render, summary, written

INSERT = Operation("order", "INSERT orders", "client")
CREATE = Operation("order", "shop.order.v1.OrderService/CreateOrder", "server")
QUIET = Answer(480, 240, ())
NOBODY: frozenset[str] = frozenset()


def answer(*operations: Operation) -> Answer:
    return Answer(480, 240, tuple(map(finding, operations)))


def finding(operation: Operation) -> Finding:
    what = What(Kind.SLOWER, operation)
    change = Change(what, Share(0, 96), Share(12, 48), NOBODY, NOBODY, 10_000_000, 1_000_000_000, 0.0)
    return Finding(change, (), (), (), "")


def judged(answer: Answer, part: Part = "tenant") -> Judged:
    return Judged(Case(load().get("slow-query"), part), answer, frozenset({"acme"}))


def rows(results: Sequence[Judged]) -> list[str]:
    page = render(Results(list(results), [QUIET]), load())
    return [line for line in page.splitlines() if line.startswith("| [slow-query]")]


def test_what_was_named_first_is_said_in_the_row_of_its_case() -> None:
    (row,) = rows([judged(answer(INSERT))])

    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "[slow-query](../failures.md#slow-query)",
        "one tenant",
        "yes",
        "**no**",
        "order INSERT orders takes 1.00 s by itself, not 10.00 ms",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (QUIET, "nothing"),
        (answer(CREATE, INSERT), "10.00 ms; the cause is on line 2"),
        (answer(CREATE), "10.00 ms; the cause is not named"),
    ],
)
def test_a_cause_that_was_not_named_first_is_no_success(given: Answer, said: str) -> None:
    (row,) = rows([judged(given)])

    assert "| **no** |" in row
    assert row.endswith(f"{said} |")


def test_the_sum_says_how_many_were_named_and_how_often_it_kept_quiet() -> None:
    results = Results([judged(answer(INSERT)), judged(QUIET)], [QUIET, QUIET, answer(CREATE)])

    assert "names the cause in **1 of 2** cases" in render(results, load())
    assert "it is silent in **2 of 3** runs" in render(results, load())


@pytest.mark.parametrize(
    ("named", "missed", "quiet", "told", "good"),
    [(9, 1, 19, 1, True), (8, 2, 19, 1, False), (9, 1, 18, 2, False), (1, 0, 20, 0, True)],
)
def test_nine_of_ten_causes_and_nineteen_of_twenty_silences_are_good_enough(
    named: int, missed: int, quiet: int, told: int, *, good: bool
) -> None:
    cases = [judged(answer(INSERT))] * named + [judged(QUIET)] * missed
    results = Results(cases, [QUIET] * quiet + [answer(CREATE)] * told)

    assert results.are_good is good


def test_a_failure_that_is_no_case_says_why() -> None:
    catalogue: Catalogue = load()
    without = next(fault for fault in catalogue if fault.trace is None)

    assert f"| [{without.id}](../failures.md#{without.id}) | | | | no case: no trace arrives" in render(
        Results(), catalogue
    )


def test_only_the_marked_part_of_the_page_is_written() -> None:
    page = written(f"above\n{BEGIN}\nold\n{END}\nbelow\n", Results([judged(answer(INSERT))], [QUIET]), load())

    assert page.startswith(f"above\n{BEGIN}\n")
    assert page.endswith(f"{END}\nbelow\n")
    assert "old" not in page


def test_a_page_without_the_place_is_not_written() -> None:
    with pytest.raises(PageError, match="make why-table"):
        written("no such place", Results(), load())


def test_what_was_not_named_is_summed_up() -> None:
    assert summary([judged(answer(INSERT)), judged(answer(CREATE)), judged(QUIET, "instance")]) == (
        "slow-query, one tenant: order OrderService/CreateOrder\nslow-query, one instance: nothing"
    )
