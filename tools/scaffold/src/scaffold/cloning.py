"""Clones of the repository for the tests of generation, which write into it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from scaffold.errors import ScaffoldError
from scaffold.repository import git
from stack.places import ROOT

_PROGRAMS = ("ruff", "uv", "buf", "protoc-gen-mypy", "protoc-gen-mypy_grpc")
_AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


@dataclass(frozen=True, slots=True)
class Clone:
    """The repository again, with an environment of its own: what others wrote is used where it is installed.

    Args:
        root: Where it is.
    """

    root: Path

    def commit(self, message: str) -> None:
        """Commit all that is there."""
        git(self.root, "add", "--all")
        git(self.root, *_AUTHOR, "commit", "--quiet", "--no-verify", f"--message={message}")

    def status(self) -> str:
        """Give what is not committed, as git tells it in short."""
        return git(self.root, "status", "--porcelain")

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as if in this clone alone."""
        kept = {name: value for name, value in os.environ.items() if name not in ("NAME", "CALLS", "DB", "ROUTE")}
        return subprocess.run(  # noqa: S603  our own words
            command,
            cwd=self.root,
            env=kept | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def python(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the clone's Python."""
        return self.run(str(self.root / ".venv" / "bin" / "python"), *arguments, **variables)

    def install_members(self) -> None:
        """Put the clone's own packages first, and know each by its distribution's name; `make setup` would do it."""
        members = sorted(path.parent for path in self.root.glob("**/pyproject.toml") if path.parent != self.root)
        members = [path for path in members if (path / "src").is_dir() and ".venv" not in path.parts]
        (self._packages / "0_members.pth").write_text("".join(f"{path / 'src'}\n" for path in members))
        known = {
            _normal(each.name) for each in distributions(path=[sysconfig.get_path("purelib"), str(self._packages)])
        }
        new = [word for path in members if _name(path) not in known for word in ("--editable", str(path))]
        if new:
            uv = (str(self.root / ".venv" / "bin" / "uv"), "pip", "install", "--quiet", "--offline", "--no-deps")
            done = self.run(*uv, "--no-build-isolation", "--python=.venv/bin/python", *new)
            if done.returncode != 0:
                raise ScaffoldError(f"the members cannot be installed: {done.stderr.strip()}")

    def make_environment(self) -> None:
        """Make .venv: an own interpreter that finds the packages of the one that runs the tests, but no member."""
        venv.create(self.root / ".venv", symlinks=True)
        (self._packages / "1_others.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        for name in _PROGRAMS:
            (self.root / ".venv" / "bin" / name).symlink_to(Path(sys.executable).with_name(name))
        pytest = self.root / ".venv" / "bin" / "pytest"
        pytest.write_text(
            f"#!{pytest.with_name('python')}\nfrom pytest import console_main as run\nraise SystemExit(run())\n"
        )
        pytest.chmod(0o755)
        self.install_members()

    def stamp(self) -> None:
        """Say that the environment is what the lock wants, as `make setup` does when it has made it."""
        code = "import sys; sys.path.insert(0, 'tools'); import environment as e; e.STAMP.write_text(e.wanted())"
        done = self.run(sys.executable, "-B", "-c", code)
        if done.returncode != 0:
            raise ScaffoldError(f"the environment cannot be stamped: {done.stderr.strip()}")

    @property
    def _packages(self) -> Path:
        (found,) = (self.root / ".venv" / "lib").glob("python*/site-packages")
        return found


def _name(member: Path) -> str:
    """Give the name of a member's distribution."""
    return _normal(tomllib.loads((member / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def make_clone(folder: Path) -> Clone:
    """Clone the repository with its history, and with what is not committed here."""
    git(ROOT, "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder))
    clone = Clone(folder)
    for path in git(ROOT, "ls-files", "-z", "--modified", "--others", "--exclude-standard", "--deleted").split("\0"):
        if path and (ROOT / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, folder / path)
        elif path:
            (folder / path).unlink(missing_ok=True)
    if clone.status():
        clone.commit("what is not committed yet")
    return clone
