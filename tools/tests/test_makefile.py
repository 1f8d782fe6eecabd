from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

DOCUMENTS = ("README.md", "CONTRIBUTING.md", ".ci/run", ".github/workflows/ci.yml", "docs/**/*.md", "*/README.md")
PROMISED = {
    *("setup", "demo", "smoke", "test", "test-compose", "check", "proto", "proto-check", "token"),
    *("up", "down", "lock", "lint", "format", "clean", "help"),
    *("new-service", "sync-service", "new-stack", "doctor"),
}


def make(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ("make", "--no-print-directory", *arguments)
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603  ours


@pytest.fixture(scope="session")
def makefile(root: Path) -> str:
    return (root / "Makefile").read_text()


@pytest.fixture(scope="session")
def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE))


def test_what_is_promised_is_there(targets: set[str]) -> None:
    assert targets >= PROMISED


def test_help_is_what_make_alone_gives_and_has_a_line_for_every_promise(root: Path) -> None:
    printed = make(root).stdout

    lines = dict(line.split(maxsplit=1) for line in printed.splitlines())
    assert lines.keys() >= PROMISED - {"lint", "proto-check"}
    assert all(lines.values())
    assert make(root, "help").stdout == printed


def test_every_target_can_be_made(root: Path, targets: set[str]) -> None:
    done = make(root, "--dry-run", *sorted(targets), "TENANT=acme")

    assert (done.returncode, done.stderr) == (0, "")


def test_no_target_is_a_file(root: Path, makefile: str, targets: set[str]) -> None:
    phony = re.search(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)

    assert phony is not None
    assert set(phony[1].split()) == targets
    assert not any((root / target).is_file() for target in targets)


def test_what_it_runs_is_there(root: Path, makefile: str) -> None:
    modules = set(re.findall(r"python -m ([\w.]+)", makefile))
    files = set(re.findall(r"\btools/[\w./-]+", makefile))

    assert modules
    assert {module for module in modules if importlib.util.find_spec(module) is None} == set()
    assert {file for file in files if not (root / file).exists()} == set()


def test_documents_name_no_target_that_is_not_there(root: Path, targets: set[str]) -> None:
    named = {
        (str(path.relative_to(root)), target)
        for pattern in DOCUMENTS
        for path in root.glob(pattern)
        for target in re.findall(
            r"(?:`|\$\(|step '.*?' |run: |^)make (?:-s )?([a-z][a-z-]*)", path.read_text(), re.MULTILINE
        )
    }

    assert ("README.md", "demo") in named
    assert {(path, target) for path, target in named if target not in targets} == set()


def test_a_token_without_a_tenant_says_how_to_ask(root: Path) -> None:
    done = make(root, "token")

    assert done.returncode != 0
    assert "make token TENANT=acme" in done.stderr


def test_a_tenant_is_no_shell_command(root: Path, tmp_path: Path) -> None:
    done = make(root, "token", f"TENANT=$$(touch {tmp_path / 'made'})")

    assert done.returncode != 0
    assert not (tmp_path / "made").exists()
