from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import yaml

from stack import readers
from stack.configurations import check, collector_questions
from stack.places import ROOT
from stack.readers import DEPLOY, Program
from telemetry import ConfigError

SAYS = f"""\
#!{sys.executable}
import os, sys
print(os.getcwd(), *sys.argv[1:], sep="\\n")
sys.exit({{code}})
"""


def script(folder: Path, name: str, code: int) -> Path:
    path = folder / name
    path.write_text(SAYS.format(code=code))
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def nothing_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_each_collector_is_asked_for_what_compose_gives_it() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))

    asked = dict(collector_questions(compose))

    assert {about.rpartition(" ")[2] for about in asked} == {"collector", "collector-observability"}
    for arguments in asked.values():
        files = [word.removeprefix("--config=") for word in arguments if word.startswith("--config=")]
        assert len(files) > 2
        assert all((DEPLOY / file).is_file() for file in files)
    used = {word for arguments in asked.values() for word in arguments if word.startswith("--config=")}
    assert used == {f"--config=collector/{path.name}" for path in (DEPLOY / "collector").glob("*.yaml")}


def test_programs_that_find_nothing_wrong_are_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"OTELCOL": str(script(tmp_path, "a", 0)), "PROMTOOL": str(script(tmp_path, "b", 0))}

    assert check(environment) == 0

    assert [line.rpartition(": ")[2] for line in capsys.readouterr().err.splitlines()] == ["right"] * 5


def test_what_a_program_finds_wrong_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"OTELCOL": str(script(tmp_path, "a", 0)), "PROMTOOL": str(script(tmp_path, "b", 1))}

    assert check(environment) == 1

    said = capsys.readouterr().err
    assert "the rules: wrong" in said
    assert f"{DEPLOY}\ncheck\nrules\nprometheus/rules/database.yaml" in said


@pytest.mark.parametrize(("environment", "code"), [({}, 0), ({"CI": "true"}, 1)])
def test_without_the_programs_it_says_so_and_in_ci_it_fails(
    environment: dict[str, str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(environment) == code

    said = capsys.readouterr().err
    assert said.count("NOT CHECKED") == 2
    assert "set OTELCOL to its path, or start Docker" in said


def test_a_path_that_is_no_program_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert check({"PROMTOOL": "/nowhere/promtool", "OTELCOL": "/nowhere/otelcol"}) == 2

    said = "OTELCOL='/nowhere/otelcol': expected the path of a program"
    assert capsys.readouterr().err == f"configurations: {said}\n"


def test_a_program_on_the_path_is_found_by_either_of_its_names(tmp_path: Path) -> None:
    script(tmp_path, "second", 0)

    read = Program("OF_NOBODY", ("first", "second"), "prom/prometheus").find(os.environ)

    assert read is not None
    assert read(["one"]).text.splitlines() == [str(DEPLOY), "one"]


def test_a_program_that_hangs_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script(tmp_path, "slow", 0)
    path.write_text(f"#!{sys.executable}\nimport threading\nthreading.Event().wait()\n")
    monkeypatch.setattr(readers, "_WITHIN", 0.2)

    read = Program("SLOW", (), "prom/prometheus").find({"SLOW": str(path)})

    assert read is not None
    answer = read([])
    assert (answer.right, answer.text) == (False, f"{path}: no answer within 0.2 s")


def test_the_variable_comes_first(tmp_path: Path) -> None:
    script(tmp_path, "promtool", 0)

    with pytest.raises(ConfigError, match="NAMED='/nowhere'"):
        Program("NAMED", ("promtool",), "prom/prometheus").find({"NAMED": "/nowhere"})
