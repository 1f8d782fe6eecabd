"""``python -m scaffold.new_stack``: the whole repository again, for another domain.

DEST says where, NAME what it is called (by default as the folder), PROTOS what the package of its protos is (by default
as NAME). The example services come along: they are what the first one of one's own is like.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from scaffold.errors import ScaffoldError
from scaffold.repository import git, require_clean
from scaffold.request import RESERVED
from stack.places import ROOT

Say = Callable[[str], None]

_NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
_STUB = re.compile(r"_pb2(_grpc)?\.pyi?$")
_OURS, _PROTOS = "throughline", "shop"
_AUTHOR = ("-c", "user.name=scaffold", "-c", "user.email=scaffold@localhost")


def new_stack(root: Path, destination: Path, name: str, protos: str, say: Say) -> None:
    """Copy what is committed, with another name, as a repository of its own.

    Args:
        root: What is copied; everything in it must be committed.
        destination: A folder that is not there, or is empty.
        name: Of distributions, images and the stack.
        protos: The package of the protos, and of their stubs.
        say: Told in a few words what is being done.

    Raises:
        ScaffoldError: It cannot be done; nothing is written.
    """
    _require_name("NAME", name)
    _require_name("PROTOS", protos)
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise ScaffoldError(f"DEST={str(destination)!r}: expected a folder that is not there, or is empty")
    if not destination.parent.is_dir():
        raise ScaffoldError(f"DEST={str(destination)!r}: expected a folder in one that is there")
    require_clean(root)
    with tempfile.TemporaryDirectory(prefix=".new-stack-", dir=destination.parent) as folder:
        made = Path(folder, name)
        say(f"copying as {name}, protos {protos}")
        _copy(root, made, name, protos)
        say("writing the stubs")
        _write_stubs(made)
        _format(made)
        _commit(made)
        made.rename(destination)


def _require_name(variable: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ScaffoldError(f"{variable}={name!r}: expected 2 to 20 lower-case letters and digits")
    if name in RESERVED - {_PROTOS} or name == _OURS:
        raise ScaffoldError(f"{variable}={name!r} is reserved: expected a name that nothing else here has")


def _copy(root: Path, made: Path, name: str, protos: str) -> None:
    for path in git(root, "ls-files", "-z").rstrip("\0").split("\0"):
        target = made / _renamed(path, name, protos)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not _STUB.search(path):
            _copy_file(root / path, target, name, protos)


def _copy_file(source: Path, target: Path, name: str, protos: str) -> None:
    try:
        text = source.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # a picture
        shutil.copy2(source, target)
        return
    target.write_text(_renamed(text, name, protos), encoding="utf-8")
    target.chmod(source.stat().st_mode)


def _renamed(text: str, name: str, protos: str) -> str:
    for ours, theirs in ((_OURS, name), (_OURS.capitalize(), name.capitalize()), (_OURS.upper(), name.upper())):
        text = text.replace(ours, theirs)
    return re.sub(rf"\b{_PROTOS}\b", protos, text)


def _write_stubs(made: Path) -> None:
    """Write the stubs with the programs that are here: the copy has no environment yet."""
    link = made / ".venv"
    link.symlink_to(sys.prefix)
    try:
        _run(made, ("tools/protos.sh",))
    finally:
        link.unlink()


def _format(made: Path) -> None:
    """Other names sort otherwise, and wrap elsewhere."""
    programs = Path(sys.executable).parent
    for command in (("ruff", "check", "--select=I", "--fix", "--quiet"), ("ruff", "format", "--quiet")):
        _run(made, (str(programs / command[0]), *command[1:]))
    _run(made, (str(programs / "buf"), "format", "--write", "protos"))


def _commit(made: Path) -> None:
    """Commit it, and let the example services name that commit's template as theirs."""
    git(made, "init", "--quiet", "--initial-branch=main")
    git(made, "add", "--all")
    git(made, *_AUTHOR, "commit", "--quiet", "--no-verify", "--message=The stack, made of its template")
    commit = git(made, "describe", "--always").strip()
    for answers in made.glob("services/*/.copier-answers.yml"):
        answers.write_text(re.sub(r"(?m)^_commit: .*$", f"_commit: '{commit}'", answers.read_text(encoding="utf-8")))
    git(made, *_AUTHOR, "commit", "--quiet", "--no-verify", "--all", "--message=The services name their template")


def _run(folder: Path, command: Iterable[str]) -> None:
    done = subprocess.run([*command], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own words
    if done.returncode != 0:
        raise ScaffoldError(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()[-300:]}")


def _say(text: str) -> None:
    sys.stdout.write(f"- {text}\n")
    sys.stdout.flush()


def main() -> None:
    """Copy the stack; what goes wrong is told in a line and ends with exit code 2."""
    given = os.environ.get("DEST", "").strip()
    destination = Path(given).expanduser().absolute()
    name = os.environ.get("NAME", "").strip() or destination.name
    try:
        if not given:
            raise ScaffoldError("DEST is not given: expected a folder, as in DEST=../clinic")  # noqa: TRY301  told as all else
        new_stack(ROOT, destination, name, os.environ.get("PROTOS", "").strip() or name, _say)
    except ScaffoldError as error:
        sys.stderr.write(f"new-stack: {error}\n")
        sys.exit(2)
    _say(f"{destination} is a repository of its own: cd there, then make demo")


if __name__ == "__main__":
    main()
