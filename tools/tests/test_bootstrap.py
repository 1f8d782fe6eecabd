from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Found = tuple[tuple[int, int], list[str]]
RUN = 7  # what a fake environment.py ends with


@pytest.fixture
def bootstrap(load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load("bootstrap")
    monkeypatch.setattr(module, "_run", lambda command: (sys.stderr.write(f"run {command}\n"), RUN)[1])
    return module


@pytest.fixture
def pythons(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Found]], None]:
    """Says which Pythons there are: command → version and missing modules; "this" is the one that runs."""

    def there_are(found: dict[str, Found]) -> None:
        monkeypatch.setattr(bootstrap.sys, "executable", "this")
        monkeypatch.setattr(bootstrap, "_probe", found.get)

    return there_are


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        ({"this": ((3, 12), []), "python3.14": ((3, 14), [])}, "this"),
        ({"this": ((3, 9), []), "python3.11": ((3, 11), []), "python3.13": ((3, 13), [])}, "python3.13"),
        ({"this": ((3, 11), ["ensurepip"]), "python3.12": ((3, 12), [])}, "python3.12"),
        ({"python3.11": ((3, 11), [])}, "python3.11"),
    ],
    ids=["this one", "the newest when this is too old", "a whole one", "any"],
)
def test_a_python_that_is_new_enough_is_found(
    bootstrap: ModuleType,
    pythons: Callable[..., None],
    found: dict[str, Found],
    chosen: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pythons(found)

    assert bootstrap.main() == RUN
    assert capsys.readouterr().err == f"run {chosen}\n"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"this": ((3, 9), [])}, "Python 3.11 or newer is needed, this is "),
        ({"this": ((3, 11), ["ensurepip"])}, "Python 3.11 (this) lacks ensurepip: apt-get install python3.11-venv, or"),
        ({"this": ((3, 12), ["ssl", "sqlite3"])}, "Python 3.12 (this) lacks ssl and sqlite3: install them, or name"),
    ],
)
def test_what_is_missing_is_one_line_with_its_cure(
    bootstrap: ModuleType,
    pythons: Callable[..., None],
    found: dict[str, Found],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pythons(found)

    assert bootstrap.main() == 2
    error = capsys.readouterr().err
    assert error.startswith(f"setup: {said}")
    assert error.count("\n") == 1
    assert "make setup PYTHON=" in error


def test_the_python_that_runs_is_found_for_real(bootstrap: ModuleType) -> None:
    assert bootstrap._probe(sys.executable) == (sys.version_info[:2], [])
    assert bootstrap._probe("/no/such/python") is None


def test_a_command_that_is_no_python_is_passed_over(bootstrap: ModuleType) -> None:
    assert bootstrap._probe("false") is None


def test_any_python_3_can_read_it(root: Path) -> None:
    ast.parse((root / "tools" / "bootstrap.py").read_text(), feature_version=(3, 4))


def test_it_runs_by_its_path(root: Path) -> None:
    command = (sys.executable, "-I", "-W", "error", "-c", "import runpy, sys; runpy.run_path(sys.argv[1])")

    assert subprocess.run((*command, str(root / "tools" / "bootstrap.py")), check=False).returncode == 0  # noqa: S603
