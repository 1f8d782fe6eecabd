"""The page that tells what was noticed: a row a module, so that one module can be measured again by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

_ROW = re.compile(r"^\| `((?:telemetry|tracetest)\.[\w.]+)` \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
_PERCENT = 100
_KIT = "tracetest."
_BEGINNING = """\
# What the tests notice

`make mutants` writes this page. It removes instrumentation a statement at a time, of those that the tests execute, and
runs the tests without it: first the trace tests, in memory (the failure catalogue among them), then, for what they do
not notice, the module's own tests. A mutant is noticed when a test fails.

`make mutants MODULES='telemetry.context.tenant'` measures these modules again and leaves the other rows as they are; it
fails where less than 95 % of a part is noticed.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the mutants of a module.

    Attributes:
        module: Its full name.
        removed: How many statements were removed, each by itself.
        by_traces: How many of them the trace tests have noticed.
        by_own: How many more the module's own tests have noticed.
        survivors: How many nobody has noticed.
    """

    module: str
    removed: int
    by_traces: int
    by_own: int

    @property
    def survivors(self) -> int:
        """How many nobody has noticed."""
        return self.removed - self.by_traces - self.by_own

    @property
    def noticed(self) -> float:
        """The share that somebody has noticed; 1 where nothing was removed."""
        return 1 - self.survivors / self.removed if self.removed else 1.0

    @property
    def cells(self) -> tuple[str, ...]:
        """The numbers, as a table shows them."""
        return tuple(map(str, (self.removed, self.by_traces, self.by_own, self.survivors)))

    @classmethod
    def all(cls, rows: Iterable[Self]) -> Row:
        """Add rows up."""
        each = list(rows)
        sums = (sum(getattr(row, name) for row in each) for name in ("removed", "by_traces", "by_own"))
        return Row("all", *sums)


def parts(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Give the rows of the instrumentation and those of the kit, sorted, by the title of their part."""
    ordered = sorted(rows, key=lambda row: row.module)
    return {
        "Instrumentation": [row for row in ordered if not row.module.startswith(_KIT)],
        "The trace-test kit": [row for row in ordered if row.module.startswith(_KIT)],
    }


def read_page(text: str) -> dict[str, Row]:
    """Give the rows of a page by their module."""
    found = _ROW.findall(text)
    return {module: Row(module, *map(int, numbers[:3])) for module, *numbers in found}


def write_page(rows: Mapping[str, Row], wanted: Collection[str]) -> str:
    """Give the page, in Markdown, with the names of the modules that are still to be measured."""
    lacking = [f"`{module}`" for module in sorted(wanted) if module not in rows]
    still = f"\nNot measured yet: {', '.join(lacking)}.\n" if lacking else ""
    measured = "".join(line for title, of in parts(rows.values()).items() if of for line in _part(title, of))
    return f"{_BEGINNING}{still}{measured}"


def _part(title: str, rows: list[Row]) -> Iterator[str]:
    total = Row.all(rows)
    yield f"\n## {title}\n\n{total.noticed * _PERCENT:.1f} % of {total.removed} were noticed"
    if total.by_traces:
        yield f", {total.by_traces / total.removed * _PERCENT:.1f} % by the trace tests"
    yield ".\n\n| module | removed | noticed by the trace tests | by its own tests | by none |\n"
    yield "| --- | --: | --: | --: | --: |\n"
    for row in rows:
        yield f"| `{row.module}` | {' | '.join(row.cells)} |\n"
    yield f"| all | {' | '.join(total.cells)} |\n"
