from __future__ import annotations

from pathlib import Path

import pytest

from stack.images import PICTURES, digest, problems


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    for name in ("templates/a.html", "static/a.css"):
        path = tmp_path / "pages" / name
        path.parent.mkdir(parents=True)
        path.write_text("one", encoding="ascii")
    return tmp_path / "pages"


@pytest.fixture
def folder(tmp_path: Path, pages: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in PICTURES:
        (folder / f"{name}.png").touch()
    (folder / "made-from.sha256").write_text(digest(pages), encoding="ascii")
    return folder


def test_pictures_of_the_pages_as_they_are_have_no_problem(folder: Path, pages: Path) -> None:
    assert problems(folder, digest(pages)) == []


@pytest.mark.parametrize("name", ["templates/a.html", "static/a.css", "static/new.js"])
def test_pages_that_have_changed_make_them_stale(folder: Path, pages: Path, name: str) -> None:
    (pages / name).write_text("two", encoding="ascii")
    (problem,) = problems(folder, digest(pages))
    assert problem.endswith("the pages have changed since the pictures were made: make screenshots")


def test_a_picture_that_is_missing_is_named(folder: Path, pages: Path) -> None:
    (folder / "map.png").unlink()
    (problem,) = problems(folder, digest(pages))
    assert problem.endswith("map.png is missing: make screenshots")
