"""Clones of the repository as it is here, and one in which a service is generated for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.cloning import Clone, make_clone
from scaffold.repository import git
from stack.places import ROOT

_EXAMPLES = {"user", "order"}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave these tests out where a service was added: they generate into the stack as it is delivered."""
    added = {path.parent.name for path in ROOT.glob("services/*/pyproject.toml")} - _EXAMPLES
    return True if added and collection_path.name.startswith("test_") else None


@pytest.fixture(scope="session")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Give a clone that no test changes."""
    return make_clone(tmp_path_factory.mktemp("read-only") / "throughline")


@pytest.fixture
def clone(read_only: Clone, tmp_path: Path) -> Clone:
    """Give a clone of the test's own, without an environment."""
    git(tmp_path, "clone", "--quiet", str(read_only.root), "throughline")
    return Clone(tmp_path / "throughline")


@pytest.fixture(scope="session")
def generated(read_only: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Give a clone in which the service ``inventory`` was generated: it calls user and order, and has a route."""
    folder = tmp_path_factory.mktemp("generated")
    git(folder, "clone", "--quiet", str(read_only.root), "throughline")
    clone = Clone(folder / "throughline")
    clone.make_environment()
    done = clone.python("-m", "scaffold.new_service", NAME="inventory", CALLS="user,order", ROUTE="yes")
    assert (done.returncode, done.stderr) == (0, "")
    clone.install_members()
    return clone


@pytest.fixture
def text_of() -> Callable[[str], str]:
    """Read a file of the repository."""
    return lambda path: (ROOT / path).read_text(encoding="utf-8")
