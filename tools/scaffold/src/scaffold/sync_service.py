"""``python -m scaffold.sync_service``: brings what the template has become into the service that NAME names.

What is the service's own stays; the other files are merged, and a conflict is marked in the file as git does. What
still differs from the template then is shown.
"""

from __future__ import annotations

import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scaffold.errors import ScaffoldError
from scaffold.repository import git, put, require_clean, undone_on_failure
from scaffold.template import answers_path, format_code, is_owned, read_answers, render, update
from stack.places import ROOT

_MARK = "<<<<<<< "
_AUTHOR = ("-c", "user.name=scaffold", "-c", "user.email=scaffold@localhost")


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of a service.

    Attributes:
        changed: Its files that are not as they were.
        conflicts: Those in which git's marks show what could not be merged.
        drift: The lines of a diff from what the template gives to what the service has; what is its own is no drift.
    """

    changed: tuple[Path, ...]
    conflicts: tuple[Path, ...]
    drift: tuple[str, ...]


def sync_service(root: Path, name: str) -> Synced:
    """Merge the template at HEAD into a service.

    Raises:
        ScaffoldError: It cannot be done; everything is as it was.
    """
    if not name:
        raise ScaffoldError("NAME is not given: expected a service, as in NAME=user")
    require_clean(root)
    answers = read_answers(root, name)
    with tempfile.TemporaryDirectory(prefix="scaffold-") as folder:
        merged, rendered = Path(folder, "merged"), Path(folder, "rendered")
        render(root, answers, rendered)
        _copy_alone(root, _files(rendered), merged)
        update(root, name, merged)
        shutil.rmtree(merged / ".git")
        conflicts = tuple(path for path in _files(merged) if _MARK in (merged / path).read_text(encoding="utf-8"))
        if not conflicts:
            format_code(root, merged)
        changed = tuple(path for path in _files(merged) if _lines(merged / path) != _lines(root / path))
        shared = [path for path in _files(rendered) if not is_owned(root, answers, path)]
        shared.remove(answers_path(name))
        with undone_on_failure(root):
            put(merged, root)
        return Synced(changed, conflicts, tuple(_drift(rendered, merged, shared)))


def _copy_alone(root: Path, paths: Iterable[Path], folder: Path) -> None:
    """Make a repository of a service's files and nothing else: Copier compares a repository as a whole."""
    for path in paths:
        if (root / path).exists():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, folder / path)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    git(folder, *_AUTHOR, "commit", "--quiet", "--no-verify", "--message=before")


def _drift(given: Path, there: Path, paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield from difflib.unified_diff(_lines(given / path), _lines(there / path), f"template/{path}", str(path))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []


def _files(folder: Path) -> list[Path]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if path.parts[0] != ".git")


def main() -> None:
    """Bring one service up to date; exit code 1 when conflicts are left, 2 for what cannot be done."""
    name = os.environ.get("NAME", "").strip()
    try:
        synced = sync_service(ROOT, name)
    except ScaffoldError as error:
        sys.stderr.write(f"sync-service: {error}\n")
        sys.exit(2)
    for path in synced.changed:
        sys.stdout.write(f"- {'conflict in' if path in synced.conflicts else 'changed'} {path}\n")
    as_given = f"- the files of services/{name} that are the template's are as it gives them\n"
    sys.stdout.writelines(synced.drift or [as_given])
    sys.exit(1 if synced.conflicts else 0)


if __name__ == "__main__":
    main()
