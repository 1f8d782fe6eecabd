"""The examples of the package's README run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from telemetry.errors import HANDLING

GUIDE = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example {number}" for number in range(1, len(EXAMPLES) + 1)])
def test_an_example_runs(run_python: Any, example: str) -> None:
    finished = run_python(example)

    assert (finished.returncode, finished.stderr) == (0, "")


def test_the_table_of_classes_is_the_one_that_is_used() -> None:
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\w+) \| (\w+) \| (ERROR)? ?\|$", GUIDE, re.MULTILINE)

    assert rows == [
        (kind.value, str(each.http_status), each.code.name, each.severity.value, "ERROR" * each.is_server_error)
        for kind, each in HANDLING.items()
    ]
