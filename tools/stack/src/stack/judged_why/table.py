"""The results as a section of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from console.why import Answer
from console.why.words import headline, operation_text
from faults.catalogue import Catalogue, Fault
from stack.judged_why.cases import PARTS, REQUESTS, REQUESTS_BEFORE, Judged, Part, why_not

BEGIN, END = "<!-- written by make why-table -->", "<!-- end -->"

_NAMED_FIRST, _QUIET = 0.9, 0.95


class PageError(ValueError):
    """The page has no place for the table; the message says what is missing."""


@dataclass(slots=True)
class Results:
    """All that was judged.

    Attributes:
        judged: the cases.
        unchanged: what was said of traffic to which nothing happened.
    """

    judged: list[Judged] = field(default_factory=list)
    unchanged: list[Answer] = field(default_factory=list)

    @property
    def named_first(self) -> int:
        """In how many cases the cause was named first."""
        return sum(each.is_named_first for each in self.judged)

    @property
    def quiet(self) -> int:
        """How many times nothing was said of what had not changed."""
        return sum(not answer.findings for answer in self.unchanged)

    @property
    def are_good(self) -> bool:
        """Whether it names 9 of 10, and keeps quiet 19 of 20 times."""
        return self.named_first >= _NAMED_FIRST * len(self.judged) and self.quiet >= _QUIET * len(self.unchanged)


def written(page: str, results: Results, catalogue: Catalogue) -> str:
    """Give the page with the results in their place."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise PageError(f"expected {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{render(results, catalogue)}{END}{after}"


def render(results: Results, catalogue: Catalogue) -> str:
    """Give the results as Markdown."""
    judged, unchanged = results.judged, results.unchanged
    told = sum(each.names_part for each in judged)
    by_case = {(each.case.fault.id, each.case.part): each for each in judged}
    rows = [row for fault in catalogue for row in _rows(fault, by_case)]
    said = (
        f"The first line names the cause in **{results.named_first} of {len(judged)}** cases. In {told} cases the "
        "answer also names the affected part. With unchanged traffic it is silent in "
        f"**{results.quiet} of {len(unchanged)}** runs. Each case and each run compares {REQUESTS} requests with "
        f"{REQUESTS_BEFORE} earlier ones."
    )
    head = ["| failure | affected part | cause named first | part named | first line |", "| --- " * 5 + "|"]
    return "\n".join(["", said, "", *head, *rows, "", ""])


def _rows(fault: Fault, judged: dict[tuple[str, Part], Judged]) -> Iterator[str]:
    name = f"[{fault.id}](../failures.md#{fault.id})"
    reasons = {part: why_not(fault, part) for part in PARTS}
    if len(set(reasons.values())) == 1 and reasons[PARTS[0]]:
        yield f"| {name} | | | | no case: {reasons[PARTS[0]]} |"
        return
    for part in PARTS:
        if reasons[part]:
            yield f"| {name} | one {part} | | | no case: {reasons[part]} |"
        elif (each := judged.get((fault.id, part))) is not None:
            yield f"| {name} | one {part} | {_yes(each.is_named_first)} | {_yes(each.names_part)} | {_said(each)} |"


def _said(judged: Judged) -> str:
    findings = judged.answer.findings
    if not findings:
        return "nothing"
    said = headline(findings[0].change)
    if judged.is_named_first or judged.case.fault.root_cause is None:
        return said
    place = next((n for n, each in enumerate(findings, 1) if _is_cause(judged, n)), None)
    return f"{said}; the cause is on line {place}" if place else f"{said}; the cause is not named"


def _is_cause(judged: Judged, place: int) -> bool:
    return judged.case.is_cause(judged.answer.findings[place - 1].change.what.operation)


def _yes(given: bool) -> str:  # noqa: FBT001  it is all that it is about
    return "yes" if given else "**no**"


def summary(judged: Sequence[Judged]) -> str:
    """Name what was not named, a line each."""
    return "\n".join(
        f"{each.case.fault.id}, one {each.case.part}: {operation_text(each.first) if each.first else 'nothing'}"
        for each in judged
        if not each.is_named_first
    )
