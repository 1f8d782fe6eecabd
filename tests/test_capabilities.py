"""What docs/reference/capabilities.md names is there."""

from __future__ import annotations

import ast
import pkgutil
import re

import pytest

from stack.places import ROOT

DOCUMENT = ROOT / "docs" / "reference" / "capabilities.md"
ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| `(?P<function>[\w.]+)` \| `(?P<file>\S+)::(?P<test>\w+)` \| \[[^]]+\]\((?P<page>\S+)\) \|$"
)
CAPABILITIES = (
    "provider",
    "Exporter",
    "Sampler",
    "middleware",
    "interceptors",
    "factory",
    "Tenant",
    "Error",
    "shutdown",
)


def rows() -> list[re.Match[str]]:
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][2:]
    matches = [ROW.match(line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if match is None]
    return [match for match in matches if match is not None]


every_row = pytest.mark.parametrize("row", rows(), ids=lambda row: row["what"])


@every_row
def test_a_function_is_there(row: re.Match[str]) -> None:
    assert callable(pkgutil.resolve_name(row["function"]))


@every_row
def test_a_test_is_there(row: re.Match[str]) -> None:
    tree = ast.parse((ROOT / row["file"]).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)

    assert row["test"] in {node.name for node in ast.walk(tree) if isinstance(node, functions)}


@every_row
def test_a_page_is_there(row: re.Match[str]) -> None:
    path, _, anchor = row["page"].partition("#")
    page = (DOCUMENT.parent / path).resolve() if path else DOCUMENT
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert not anchor or anchor in {_anchor(heading) for heading in headings}


def test_every_part_of_a_rollout_is_in_the_table() -> None:
    named = " ".join(row["what"] for row in rows())

    assert [word for word in CAPABILITIES if word not in named] == []


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
