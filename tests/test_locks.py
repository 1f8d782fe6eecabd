"""The lock files: the same versions everywhere, and nothing of the machine that wrote them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.places import ROOT

REQUIREMENT = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,._-]+\])?==(?P<version>\S+)", re.MULTILINE)
URL = re.compile(r"\b(?:https?|file|git\+\w+)://\S+")


def tracked_locks() -> list[str]:
    listing = (shutil.which("git") or "git", "ls-files", "*.lock")
    found = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603  fixed words
    return sorted(found.stdout.split())


LOCKS = tracked_locks()


def versions(path: Path) -> dict[str, set[str]]:
    """A package may be locked at several versions, each for other platforms."""
    found: dict[str, set[str]] = {}
    for match in REQUIREMENT.finditer(path.read_text(encoding="utf-8")):
        found.setdefault(match["name"], set()).add(match["version"])
    return found


def requirements(path: Path) -> Iterator[str]:
    """Each requirement with its hashes, on a line."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return (line for line in text.splitlines() if line and not line.lstrip().startswith("#"))


def test_every_image_has_a_lock() -> None:
    images = {str(path.parent.relative_to(ROOT)) for path in ROOT.glob("**/Dockerfile") if ".venv" not in path.parts}

    assert images
    assert {f"{image}/requirements.lock" for image in images} <= set(LOCKS)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_path_of_a_machine(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert URL.findall(text) == []
    assert re.findall(r"(?m)^\s*(?:-e|--(?:extra-)?index-url|--find-links|-f|-i)\b.*$", text) == []
    assert re.findall(r"(?:^|[\s'\"=])(?:/|~/|[A-Z]:\\)\S+", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_version_with_its_hashes(lock: str) -> None:
    for requirement in requirements(ROOT / lock):
        assert REQUIREMENT.match(requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != "requirements.lock"])
def test_a_units_lock_agrees_with_that_of_the_workspace(lock: str) -> None:
    whole, unit = versions(ROOT / "requirements.lock"), versions(ROOT / lock)

    shared = whole.keys() & unit.keys()
    assert shared
    assert {name: unit[name] for name in shared if not unit[name] <= whole[name]} == {}
