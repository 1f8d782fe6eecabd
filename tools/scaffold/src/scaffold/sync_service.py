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
from collections.abc import Iterator, Mapping
from pathlib import Path

from scaffold.errors import ScaffoldError
from scaffold.repository import git, put, require_clean, undone_on_failure
from scaffold.template import answers_path, format_code, is_owned, read_answers, render, update
from stack.places import ROOT

_MARK = "<<<<<<< "
_AUTHOR = ("-c", "user.name=scaffold", "-c", "user.email=scaffold@localhost")


def sync_service(root: Path, name: str) -> tuple[list[Path], list[Path]]:
    """Merge the template at HEAD into a service; give the files that changed, and those with conflicts.

    Raises:
        ScaffoldError: It cannot be done; everything is as it was.
    """
    require_clean(root)
    answers = read_answers(root, name)
    with tempfile.TemporaryDirectory(prefix="scaffold-") as folder:
        alone, rendered = Path(folder, "alone"), Path(folder, "rendered")
        render(root, answers, rendered)
        # Copier compares a whole repository: this one has the service's files and nothing else.
        for path in _files(rendered):
            if (root / path).exists():
                (alone / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / path, alone / path)
        git(alone, "init", "--quiet")
        git(alone, "add", "--all", "--force")
        git(alone, *_AUTHOR, "commit", "--quiet", "--no-verify", "--message=before")
        update(root, name, alone)
        conflicts = [path for path in _files(alone) if _MARK in (alone / path).read_text(encoding="utf-8")]
        if not conflicts:
            format_code(root, alone)
        shutil.rmtree(alone / ".git")
        changed = [path for path in _files(alone) if not _same(alone / path, root / path)]
        with undone_on_failure(root):
            put(alone, root)
    return changed, conflicts


def drift(root: Path, name: str) -> Iterator[str]:
    """Give the lines of a diff from what the template gives now to the service's files; its own files are no drift."""
    answers: Mapping[str, object] = read_answers(root, name)
    with tempfile.TemporaryDirectory(prefix="scaffold-") as folder:
        render(root, answers, Path(folder))
        for path in _files(Path(folder)):
            if path == answers_path(name) or is_owned(root, answers, path):
                continue
            given, there = Path(folder, path), root / path
            before = given.read_text(encoding="utf-8").splitlines(keepends=True)
            after = there.read_text(encoding="utf-8").splitlines(keepends=True) if there.exists() else []
            yield from difflib.unified_diff(before, after, f"template/{path}", str(path))


def _files(folder: Path) -> list[Path]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if path.parts[0] != ".git")


def _same(one: Path, other: Path) -> bool:
    return other.exists() and one.read_bytes() == other.read_bytes()


def main() -> None:
    """Bring one service up to date; exit code 1 when conflicts are left, 2 for what cannot be done."""
    name = os.environ.get("NAME", "").strip()
    try:
        if not name:
            raise ScaffoldError("NAME is not given: expected a service, as in NAME=user")
        changed, conflicts = sync_service(ROOT, name)
        lines = list(drift(ROOT, name))
    except ScaffoldError as error:
        sys.stderr.write(f"sync-service: {error}\n")
        sys.exit(2)
    for path in changed:
        sys.stdout.write(f"- {'conflict in' if path in conflicts else 'changed'} {path}\n")
    sys.stdout.writelines(lines or [f"- the files of services/{name} that are the template's are as it gives them\n"])
    sys.exit(1 if conflicts else 0)


if __name__ == "__main__":
    main()
