"""Makes .venv what requirements.lock says, with pip alone; started by bootstrap.py, silent when nothing changed.

The stamp in .venv holds a hash of all that the environment depends on. It is there only while the environment is whole:
without it, as after an interrupted install, .venv is rebuilt; with another hash it is updated.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".stamp"
LOCK = ROOT / "requirements.lock"

FAILED = 1
_PROGRESS_EVERY = 20  # packages
_LINES_OF_A_FAILURE = 15
_PIP = (str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input")
_LIST = "from importlib.metadata import distributions as d; print(*{x.name for x in d()})"


class SetupError(Exception):
    """A step failed; the message says which and why."""


def main() -> int:
    """Bring .venv up to date; give the exit code."""
    digest = wanted()
    if _stamp() == digest:
        return 0
    if VENV.is_symlink():
        _say(".venv is a link: what it leads to is used as it is")
        return 0
    try:
        with _alone():
            if _stamp() != digest:
                build(digest)
    except SetupError as error:
        _say(str(error))
        return FAILED
    return 0


def wanted() -> str:
    """Hash what the environment depends on: Python, the place, the lock, the members and this file."""
    digest = hashlib.sha256(f"{sys.version} {sys.base_prefix} {ROOT}".encode())
    for path in (Path(__file__), LOCK, *(member / "pyproject.toml" for member in _members())):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build(digest: str) -> None:
    """Make or update the environment and stamp it; raises SetupError."""
    if _stamp() is None or not _is_current():
        _say(f"making .venv with Python {sys.version.split()[0]} ({sys.executable})")
        _run("making .venv", (sys.executable, "-m", "venv", "--clear", str(VENV)))
    STAMP.unlink(missing_ok=True)
    _install_lock()
    _install_members()
    _remove_the_rest()
    _check()
    STAMP.write_text(digest, encoding="ascii")
    _say("done")


def _stamp() -> str | None:
    if not PYTHON.exists():  # a dangling link too: its Python is gone
        return None
    try:
        return STAMP.read_text(encoding="ascii")
    except FileNotFoundError:
        return None


def _is_current() -> bool:
    """Tell whether .venv was made with this Python, in this place."""
    about = "import sys; print(sys.version, sys.base_prefix, sys.prefix)"
    made_with = subprocess.run((PYTHON, "-I", "-c", about), capture_output=True, text=True, check=False)  # noqa: S603  fixed words
    return made_with.stdout.strip() == f"{sys.version} {sys.base_prefix} {VENV}"


def _install_lock() -> None:
    packages = len(re.findall(r"^[A-Za-z0-9]", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    _say(f"installing the {packages} packages of {LOCK.name}: a minute or two the first time")
    command = (*_PIP, "install", "--require-hashes", "--only-binary=:all:", "--progress-bar=off", "-r", str(LOCK))
    fetched = 0
    for line in _lines(f"installing {LOCK.name}", command):
        if line.startswith("Collecting "):
            fetched += 1
            if fetched % _PROGRESS_EVERY == 0:
                _say(f"  {fetched} of {packages} fetched")
        elif line.startswith("Installing collected packages"):
            _say(f"  all fetched, installing {fetched}")


def _install_members() -> None:
    members = _members()
    _say(f"installing the members: {', '.join(str(member.relative_to(ROOT)) for member in members)}")
    editable = [word for member in members for word in ("--editable", str(member))]
    # pip takes an editable member of the same version for installed, whatever its pyproject.toml says by now.
    again = ("--force-reinstall", "--no-deps", "--no-index", "--no-build-isolation")
    _run("installing the members", (*_PIP, "install", "--quiet", *again, *editable))


def _remove_the_rest() -> None:
    """Remove what the lock does not name: a forgotten dependency would work here and nowhere else."""
    kept = {"pip"} | {_normal(_pyproject(member)["project"]["name"]) for member in _members()}
    kept |= {_normal(name) for name in re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)}
    there = {_normal(name) for line in _lines("listing packages", (PYTHON, "-I", "-c", _LIST)) for name in line.split()}
    if extra := sorted(there - kept):
        _say(f"removing what {LOCK.name} does not name: {', '.join(extra)}")
        _run("removing packages", (*_PIP, "uninstall", "--quiet", "--yes", *extra))


def _check() -> None:
    try:
        _run("checking", (*_PIP, "check"))
    except SetupError as error:
        STAMP.write_text("unchecked", encoding="ascii")
        raise SetupError(f"{LOCK.name} does not fit a pyproject.toml: run `make lock`\n{error}") from None


def _run(what: str, command: tuple[str, ...]) -> None:
    for _line in _lines(what, command):
        continue


def _lines(what: str, command: tuple[str | Path, ...]) -> Iterator[str]:
    """Give what a command prints, line by line; raises SetupError with its last lines when it fails."""
    last: deque[str] = deque(maxlen=_LINES_OF_A_FAILURE)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:  # noqa: S603
        try:
            for line in running.stdout or ():
                last.append(line)
                yield line
        except BaseException:
            running.terminate()
            raise
    if running.returncode != 0:
        raise SetupError(f"{what} failed:\n  " + "  ".join(last).rstrip())


@contextmanager
def _alone() -> Iterator[None]:
    """Wait for another setup that runs at the same time."""
    folder = ROOT / ".run"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another setup")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _members() -> list[Path]:
    patterns: list[str] = _pyproject(ROOT)["tool"]["uv"]["workspace"]["members"]
    return sorted(found.parent for pattern in patterns for found in ROOT.glob(f"{pattern}/pyproject.toml"))


def _pyproject(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _say(line: str) -> None:
    sys.stderr.write(f"setup: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    os.chdir(ROOT)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        _say("interrupted: the next run starts from the beginning")
        sys.exit(130)
