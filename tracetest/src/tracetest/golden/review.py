"""What a branch changes in the golden traces, as Markdown for its pull request."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tracetest.golden.changes import changes
from tracetest.golden.signature import Signature

_WITHIN = 30.0


class GitError(Exception):
    """Git cannot tell what was there; the message says why."""


def report(folder: Path, base: str) -> str:
    """Compare the golden traces of a folder with those that the branch started from.

    Args:
        folder: Where they are.
        base: A commit, such as ``origin/main``; compared is where this branch left it.

    Raises:
        GitError: There is no such commit, or no Git.
    """
    start = _git(folder, "merge-base", "HEAD", base).strip()
    before = {name: _git(folder, "show", f"{start}:./{name}") for name in _names(folder, start)}
    now = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.txt")}
    sections = [_section(name, before.get(name), now.get(name)) for name in sorted({*before, *now})]
    changed = [section for section in sections if section]
    title = f"{len(changed)} of {len(sections)} changed since `{base}`" if changed else "no change"
    return "\n\n".join([f"## Traces: {title}", *changed]) + "\n"


def _section(name: str, before: str | None, now: str | None) -> str:
    if before == now:
        return ""
    return "\n".join([f"### {name.removesuffix('.txt')}", "", *_lines(before, now)])


def _lines(before: str | None, now: str | None) -> Iterator[str]:
    if before is None and now is not None:
        yield from ("A new trace:", "", "```", now.rstrip(), "```")
    elif now is None:
        yield "The trace is gone."
    elif before is not None:
        words = changes(Signature.parse(before), Signature.parse(now))
        yield from (f"- {word}" for word in words or ["written in another way, and the same trace"])


def _names(folder: Path, commit: str) -> list[str]:
    return [name for name in _git(folder, "ls-tree", "--name-only", commit, "./").splitlines() if name.endswith(".txt")]


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  fixed words, and a commit
            ("git", *arguments),  # noqa: S607  whichever the user has
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN,
        )
    except OSError as error:
        raise GitError(f"git {arguments[0]} in {folder}: {error.strerror}") from None
    if done.returncode != 0:
        raise GitError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
