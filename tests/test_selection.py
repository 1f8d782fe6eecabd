"""Which tests a run has a place for, and that with CI set none is left out unseen: the rules of the root's conftest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack.places import ROOT

TESTS = """
import pytest

@pytest.fixture
def local(): ...

@pytest.fixture
def compose(): ...

@pytest.fixture
def postgresql(): ...

@pytest.fixture
def otelcol(): ...

@pytest.fixture
def database(request):
    return request.getfixturevalue(request.param)

@pytest.fixture
def stack(request):
    return request.getfixturevalue(request.config.getoption("--stack"))

def test_on_processes(local): ...
def test_on_containers(compose): ...

@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_on_postgresql(database): ...

def test_with_a_collector(otelcol): ...

def test_on_either(stack): ...

def test_in_memory_too(): ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with the root's conftest."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    return tmp_path


def run(folder: Path, *options: str, **environ: str) -> tuple[int, str]:
    given = {"CI", "OTELCOL"}
    clean = {name: value for name, value in os.environ.items() if name not in given and "_STORE_TEST_" not in name}
    done = subprocess.run(  # noqa: S603  ours
        (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "-o", "trace_backend=jaeger", *options, "."),
        cwd=folder,
        env=clean | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("options", "environ", "passed"),
    [
        ([], {}, {"on_processes", "on_either", "in_memory_too"}),
        (["--trace-backend=memory"], {}, {"in_memory_too"}),
        (["--stack=compose"], {}, {"on_containers", "on_either", "in_memory_too"}),
        (
            [],
            {"USER_STORE_TEST_URL": "postgresql+asyncpg://"},
            {"on_processes", "on_either", "on_postgresql", "in_memory_too"},
        ),
        ([], {"OTELCOL": "/bin/otelcol"}, {"on_processes", "on_either", "with_a_collector", "in_memory_too"}),
    ],
)
def test_a_test_runs_where_there_is_what_it_names(
    folder: Path, options: list[str], environ: dict[str, str], passed: set[str]
) -> None:
    (folder / "test_it.py").write_text(TESTS)

    code, printed = run(folder, *options, **environ, CI="1")

    lines = [line for line in printed.splitlines() if line.startswith("PASSED")]
    assert code == 0, printed
    assert {line.partition("::test_")[2].partition("[")[0] for line in lines} == passed
    assert f"{6 - len(passed)} deselected" in printed
    assert "skipped" not in printed


@pytest.mark.parametrize(
    "text",
    [
        "import pytest\ndef test_it(): pytest.skip('no such tool')",
        "import pytest\n@pytest.mark.skip(reason='no such tool')\ndef test_it(): ...",
        "import pytest\npytest.skip('no such tool', allow_module_level=True)",
    ],
    ids=["in the test", "by a mark", "the whole module"],
)
def test_what_is_skipped_has_failed_in_ci_and_says_why(folder: Path, text: str) -> None:
    (folder / "test_it.py").write_text(text)

    assert run(folder)[0] in (0, 5)  # 5: nothing was collected
    code, printed = run(folder, CI="1")

    assert code in (1, 2)
    assert "skipped, which with CI set is a failure:" in printed
    assert "no such tool" in printed


def test_a_failure_that_is_expected_is_none_in_ci(folder: Path) -> None:
    (folder / "test_it.py").write_text("import pytest\n@pytest.mark.xfail\ndef test_it(): assert False")

    assert run(folder, CI="1")[0] == 0
