"""The working tree: it must be clean before anything is written, and is clean again when something fails."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scaffold.errors import ScaffoldError


def git(folder: Path, *arguments: str) -> str:
    """Run git; give what it prints; raise ScaffoldError with what it says when it fails."""
    command = (shutil.which("git") or "git", *arguments)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own words
    if done.returncode != 0:
        raise ScaffoldError(f"git {arguments[0]}: {''.join((done.stderr or done.stdout).strip().splitlines()[-1:])}")
    return done.stdout


def changed(root: Path) -> list[str]:
    """Give the paths that are not as they were committed, new ones too."""
    listed = git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames").split("\0")
    return [line[3:] for line in listed if line]


def require_clean(root: Path) -> None:
    """Raise ScaffoldError when something is not committed: what is written could not be told from it."""
    if paths := changed(root):
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        raise ScaffoldError(f"the working tree is dirty ({paths[0]}{more}): expected everything committed")


@contextmanager
def undone_on_failure(root: Path) -> Iterator[None]:
    """Take back all that was written to a tree that was clean, when what follows fails or is interrupted."""
    try:
        yield
    except BaseException:
        for path in changed(root):
            _restore(root, path)
        raise


def put(source: Path, root: Path) -> list[Path]:
    """Copy all files of a folder over those of the repository; give their paths in it."""
    paths = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, root / path)
    return paths


def _restore(root: Path, path: str) -> None:
    if git(root, "ls-files", "--", path):
        git(root, "restore", "--", path)
        return
    (root / path).unlink(missing_ok=True)
    for folder in (root / path).parents:
        if folder == root or any(folder.iterdir()):
            break
        folder.rmdir()
