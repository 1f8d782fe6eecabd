from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stack import test_compose as command
from stack.compose.project import ComposeError, ComposeStack


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order; no engine is asked."""
    done: list[str] = []

    def logs(_stack: ComposeStack, tail: int) -> str:
        done.append("logs")
        return f"the last {tail} words"

    monkeypatch.setattr(command, "available", lambda: True)
    for name in ("up", "down"):
        monkeypatch.setattr(ComposeStack, name, lambda _stack, name=name: done.append(name))
    monkeypatch.setattr(ComposeStack, "logs", logs)
    monkeypatch.setattr(ComposeStack, "store_test_environment", lambda _stack: {"OF_THE_STORES": "yes"})
    return done


@pytest.fixture
def pytest_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Has a script run in pytest's place, which writes down how it was called."""

    def ends(code: int) -> Path:
        record, script = tmp_path / "called", tmp_path / "python"
        script.write_text(
            f"#!{sys.executable}\nimport os, sys\n"
            f"print(os.environ.get('OF_THE_STORES', 'no'), *sys.argv[1:], file=open({str(record)!r}, 'a'))\n"
            f"sys.exit({code})\n"
        )
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))
        return record

    return ends


def test_without_an_engine_it_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert command.main([]) == 2

    said = "docker compose does not answer: expected a running Docker with its compose plugin"
    assert capsys.readouterr().err == f"test-compose: {said}\n"


def test_pytest_runs_between_up_and_down(said: list[str], pytest_ends: Callable[[int], Path]) -> None:
    record = pytest_ends(0)

    assert command.main(["-k", "orders"]) == 0

    assert said == ["up", "down"]
    default, observability = record.read_text().splitlines()
    assert default.startswith("yes -m pytest --stack=compose")
    assert default.endswith("-k orders")
    assert observability == "no -m pytest --stack=observability tests/observability -k orders"


@pytest.mark.parametrize(("options", "code"), [(["-k", "orders"], 0), ([], 5)])
def test_no_test_chosen_is_a_failure_unless_somebody_chose(
    said: list[str], pytest_ends: Callable[[int], Path], options: list[str], code: int
) -> None:
    pytest_ends(5)

    assert command.main(options) == code

    assert said[0] == "up"


def test_a_failure_shows_the_logs_before_they_are_gone(
    said: list[str], pytest_ends: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest_ends(1)

    assert command.main([]) == 1

    assert said == ["up", "logs", "down"]
    assert "the last 40 words" in capsys.readouterr().err


def test_what_does_not_come_up_is_taken_away(
    said: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def up(_stack: ComposeStack) -> None:
        raise ComposeError("user is unhealthy")

    monkeypatch.setattr(ComposeStack, "up", up)

    assert command.main([]) == 2

    assert said == ["down"]
    assert "user is unhealthy" in capsys.readouterr().err
