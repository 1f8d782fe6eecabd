"""The examples in the README and in docs run as they are, and every public name is in one of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import telemetry
import tracetest as testing
from telemetry.errors import HANDLING

ROOT = Path(__file__).parents[2]
PAGES = {
    str(page.relative_to(ROOT)): page.read_text(encoding="utf-8")
    for page in [ROOT / "telemetry/README.md", *sorted(ROOT.glob("docs/*/*.md"))]
}
# An example whose first line names a file is part of a project that another test writes and runs.
EXAMPLE = re.compile(r"^```python\n(?!# [\w/]+\.py\n)(.*?)^```", re.DOTALL | re.MULTILINE)
EXAMPLES = {
    f"{name} {number}": text for name, page in PAGES.items() for number, text in enumerate(EXAMPLE.findall(page), 1)
}
MEASURED = re.compile(r"`((?:\w+/)*test_\w+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_runs(run_python: Any, example: str) -> None:
    finished = run_python(example)

    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("facade", [telemetry, testing], ids=lambda facade: facade.__name__)
def test_every_public_name_is_in_an_example(facade: Any) -> None:
    shown = {name for text in EXAMPLES.values() for name in imported_and_used(text, facade.__name__)}

    assert not set(facade.__all__) - shown


def imported_and_used(example: str, module: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(example)))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == module]
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return {alias.name for node in imports for alias in node.names} & used


def test_the_tests_that_the_pages_name_are_there() -> None:
    named = set(MEASURED.findall(PAGES["docs/explanation/pitfalls.md"]))

    assert len(named) > 10
    for path, test in named:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"def {test or 'test_'}", text), f"{path}::{test}"


def test_the_table_of_classes_is_the_one_that_is_used() -> None:
    rows = re.findall(
        r"^\| (\w+) \| (\d+) \| (\w+) \| (\w+) \| (ERROR)? ?\|$", PAGES["docs/how-to/errors.md"], re.MULTILINE
    )

    assert rows == [
        (kind.value, str(each.http_status), each.code.name, each.severity.value, "ERROR" * each.is_server_error)
        for kind, each in HANDLING.items()
    ]
