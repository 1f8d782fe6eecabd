from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from faults.__main__ import main
from faults.catalogue import load


def states(path: Path) -> dict[str, str]:
    return {key: flag["defaultVariant"] for key, flag in json.loads(path.read_text())["flags"].items()}


def test_faults_are_switched_on_and_off(tmp_path: Path) -> None:
    path = tmp_path / "faults" / "flags.json"
    options = ["--flags", str(path)]

    assert main([*options, "off"], {}) == 0
    assert set(states(path)) == set(load().flags)
    assert set(states(path).values()) == {"off"}
    assert main([*options, "on", "user-slow", "user-flaky"], {}) == 0
    assert [key for key, state in states(path).items() if state == "on"] == ["user-slow", "user-flaky"]
    assert main([*options, "on", "n-plus-one", "--tenant", "acme", "--share", "0.5"], {}) == 0
    flag = json.loads(path.read_text())["flags"]["n-plus-one"]
    assert flag["targeting"]["if"][0] == {"and": [{"==": [{"var": "tenant"}, "acme"]}]}
    assert [key for key, state in states(path).items() if state == "on"] == ["n-plus-one"]


def test_what_the_documentation_tells_to_type_works(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "failures.md").read_text(encoding="utf-8")
    typed = [line.partition("-m faults ")[2] for line in page.splitlines() if "python -m faults " in line]

    assert len(typed) == 4
    for line in typed:
        assert main(["--flags", str(tmp_path / "flags.json"), *shlex.split(line)], {}) == 0


def test_the_file_is_the_one_that_the_services_are_told_of(tmp_path: Path) -> None:
    assert main(["off"], {"FAULT_FLAGS": str(tmp_path / "flags.json")}) == 0

    assert (tmp_path / "flags.json").exists()


def test_all_failures_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"], {}) == 0

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(load().ids)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["on", "user-gone"], "flag='user-gone': expected one of client-gone, user-slow"),
        (["on", "user-not-found"], "flag='user-not-found': expected one of"),
        (["on", "user-slow", "--share", "2"], "share=2.0: expected a number between 0 and 1"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["--flags", str(tmp_path / "flags.json"), *arguments], {}) == 2

    told = capsys.readouterr().err
    assert told.startswith(f"faults: {message}")
    assert told.count("\n") == 1
