"""``python -m scaffold.new_stack``: the whole repository again, for another domain.

DEST says where, NAME what it is called (by default as the folder), PROTOS what the package of its protos is (by default
as NAME). The example services come along, as what the first one of one's own is like, unless EXAMPLES=no.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scaffold.errors import ScaffoldError
from scaffold.examples import Examples
from scaffold.repository import git, require_clean
from scaffold.request import RESERVED, flag
from stack.places import ROOT

Say = Callable[[str], None]

_NAME = re.compile(r"[a-z][a-z0-9]{1,19}")
_STUB = re.compile(r"_pb2(_grpc)?\.pyi?$")
_OURS, _PROTOS = "throughline", "shop"
_AUTHOR = ("-c", "user.name=scaffold", "-c", "user.email=scaffold@localhost")


@dataclass(frozen=True, slots=True)
class Copy:
    """What the copy is to be.

    Attributes:
        name: Of distributions, images and the stack.
        protos: The package of the protos, and of their stubs.
        examples: Whether the example services come along.
    """

    name: str
    protos: str
    examples: bool = True


def new_stack(root: Path, destination: Path, copy: Copy, say: Say) -> None:
    """Copy what is committed, with another name, as a repository of its own.

    Args:
        root: What is copied; everything in it must be committed.
        destination: A folder that is not there, or is empty.
        copy: What it becomes.
        say: Told in a few words what is being done.

    Raises:
        ScaffoldError: It cannot be done; nothing is written.
    """
    _require_name("NAME", copy.name)
    _require_name("PROTOS", copy.protos)
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise ScaffoldError(f"DEST={str(destination)!r}: expected a folder that is not there, or is empty")
    if not destination.parent.is_dir():
        raise ScaffoldError(f"DEST={str(destination)!r}: expected a folder in one that is there")
    require_clean(root)
    with tempfile.TemporaryDirectory(prefix=".new-stack-", dir=destination.parent) as folder:
        made = Path(folder, copy.name)
        say(f"copying as {copy.name}, protos {copy.protos}{'' if copy.examples else ', without the examples'}")
        _copy(root, made, copy)
        say("writing what is generated")
        with _with_programs(made):
            _run(made, ("tools/protos.sh",))
            _format(made)
            if not copy.examples:
                _write_catalogue(made)
                _run(made, ("make", "--no-print-directory", "lock"))
        _commit(made)
        made.rename(destination)


def _require_name(variable: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ScaffoldError(f"{variable}={name!r}: expected 2 to 20 lower-case letters and digits")
    if name in RESERVED - {_PROTOS} or name == _OURS:
        raise ScaffoldError(f"{variable}={name!r} is reserved: expected a name that nothing else here has")


def _copy(root: Path, made: Path, copy: Copy) -> None:
    paths = git(root, "ls-files", "-z").rstrip("\0").split("\0")
    texts = {path: _text(root / path) for path in paths if not _STUB.search(path)}
    for path, text in (texts if copy.examples else Examples.read(root).left(texts)).items():
        target = made / _renamed(path, copy)
        target.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            shutil.copy2(root / path, target, follow_symlinks=False)
            continue
        target.write_text(_renamed(text, copy), encoding="utf-8")
        if (root / path).exists():
            target.chmod((root / path).stat().st_mode)


def _text(path: Path) -> str | None:
    """Give what a file says; None for a picture, and for a link, which is copied as it is."""
    if path.is_symlink():
        return None
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def _renamed(text: str, copy: Copy) -> str:
    name = copy.name
    for ours, theirs in ((_OURS, name), (_OURS.capitalize(), name.capitalize()), (_OURS.upper(), name.upper())):
        text = text.replace(ours, theirs)
    return re.sub(rf"\b{_PROTOS}\b", copy.protos, text)


@contextmanager
def _with_programs(made: Path) -> Iterator[None]:
    """Let the copy use the programs that are here: it has no environment yet."""
    link = made / ".venv"
    link.symlink_to(sys.prefix)
    try:
        yield
    finally:
        link.unlink()


def _write_catalogue(made: Path) -> None:
    """Write the page of a catalogue that is empty now."""
    code = "import sys; sys.path[:0] = sys.argv[1:3]; from faults.document import main; main(sys.argv[3:])"
    _run(made, (sys.executable, "-c", code, "faults/src", "telemetry/src", "docs/failures.md"))


def _format(made: Path) -> None:
    """Other names sort otherwise, and wrap elsewhere."""
    programs = Path(sys.executable).parent
    for command in (("ruff", "check", "--select=I", "--fix", "--quiet"), ("ruff", "format", "--quiet")):
        _run(made, (str(programs / command[0]), *command[1:]))
    if any(made.glob("protos/*/*/v*/*.proto")):
        _run(made, (str(programs / "buf"), "format", "--write", "protos"))


def _commit(made: Path) -> None:
    """Commit it, and let the example services name that commit's template as theirs."""
    git(made, "init", "--quiet", "--initial-branch=main")
    git(made, "add", "--all")
    git(made, *_AUTHOR, "commit", "--quiet", "--no-verify", "--message=The stack, made of its template")
    if not (services := list(made.glob("services/*/.copier-answers.yml"))):
        return
    commit = git(made, "describe", "--always").strip()
    for answers in services:
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
        examples = flag("EXAMPLES", os.environ.get("EXAMPLES", "").strip() or "yes")
        copy = Copy(name, os.environ.get("PROTOS", "").strip() or name, examples)
        new_stack(ROOT, destination, copy, _say)
    except ScaffoldError as error:
        sys.stderr.write(f"new-stack: {error}\n")
        sys.exit(2)
    _say(f"{destination} is a repository of its own: cd there, then make demo")


if __name__ == "__main__":
    main()
