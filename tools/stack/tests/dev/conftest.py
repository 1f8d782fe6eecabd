from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stack.dev.sources import source_folders
from stack.places import ROOT


@pytest.fixture(scope="session")
def copied_tree() -> Callable[[Path], Path]:
    """Copies the sources of this repository to a folder, for a test that edits them."""

    def copy(folder: Path) -> Path:
        for source in source_folders(ROOT):
            shutil.copytree(source, folder / source.relative_to(ROOT))
        for settings in ROOT.glob("services/*/pyproject.toml"):
            shutil.copy(settings, folder / settings.relative_to(ROOT))
        return folder.resolve()

    return copy


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """Makes a file below the test's folder, and the folders that it is in."""

    def make(name: str, text: str = "") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return make
