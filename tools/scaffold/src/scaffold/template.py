"""The template, rendered with Copier."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any

import copier
import yaml
from copier.errors import CopierError
from pathspec import GitIgnoreSpec

from scaffold.errors import ScaffoldError


def answers_path(name: str) -> Path:
    """Give the file in which a service keeps what the template was asked for."""
    return Path("services", name, ".copier-answers.yml")


def read_answers(root: Path, name: str) -> dict[str, Any]:
    """Read what a service was asked to be; raise ScaffoldError."""
    path = root / answers_path(name)
    if not path.exists():
        raise ScaffoldError(f"NAME={name!r}: expected a service of the template, with {answers_path(name)}")
    answers: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return answers


def render(root: Path, answers: Mapping[str, object], folder: Path) -> None:
    """Write what the template of a repository gives, formatted as the repository is; raise ScaffoldError."""
    with _inside(root):
        try:
            copier.run_copy(".", folder, data=dict(answers), vcs_ref="HEAD", defaults=True, overwrite=True, quiet=True)
        except CopierError as error:
            raise ScaffoldError(f"the template cannot be rendered: {error}") from error
    format_code(root, folder)


def update(root: Path, name: str, folder: Path) -> None:
    """Merge what the template has become into a service; raise ScaffoldError.

    Args:
        root: The repository, whose HEAD has the template.
        name: The service's.
        folder: A git repository that holds the service's files and nothing else, all committed.
    """
    with _inside(root):
        try:
            copier.run_update(
                folder,
                answers_file=answers_path(name),
                vcs_ref="HEAD",
                defaults=True,
                overwrite=True,
                skip_answered=True,
                quiet=True,
                conflict="inline",
            )
        except CopierError as error:
            raise ScaffoldError(f"the template cannot be merged in: {error}") from error


def format_code(root: Path, folder: Path) -> None:
    """Sort imports and wrap lines: long names wrap elsewhere than short ones."""
    config = f"--config={root / 'pyproject.toml'}"
    ruff = str(Path(sys.executable).with_name("ruff"))
    ours = f"--config=lint.isort.known-first-party = {sorted(_packages(root, folder))}"
    for command in (("check", "--select=I", "--fix", ours), ("format",)):
        done = subprocess.run(  # noqa: S603  our own words
            (ruff, *command, config, "--quiet", str(folder)), cwd=root, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise ScaffoldError(f"ruff refuses what was rendered: {done.stdout or done.stderr}".strip())


def _packages(*folders: Path) -> set[str]:
    """Give the workspace's packages, also those that are not in their place yet."""
    patterns = ("*/src/*/__init__.py", "*/*/src/*/__init__.py")
    return {path.parent.name for folder in folders for pattern in patterns for path in folder.glob(pattern)}


def is_owned(root: Path, answers: Mapping[str, object], path: PurePath) -> bool:
    """Tell whether a file is the service's own to change, which an update leaves alone."""
    settings = yaml.safe_load((root / "copier.yml").read_text(encoding="utf-8"))
    patterns = [_filled(pattern, answers) for pattern in settings["_skip_if_exists"]]
    return GitIgnoreSpec.from_lines(patterns).match_file(path)


def _filled(pattern: str, answers: Mapping[str, object]) -> str:
    return re.sub(r"{{ (\w+) }}", lambda match: str(answers[match[1]]), pattern)


@contextmanager
def _inside(root: Path) -> Iterator[None]:
    """Let Copier find the template at ``.``, so that no path of this machine is written down."""
    before = Path.cwd()
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)
