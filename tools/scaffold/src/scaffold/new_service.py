"""``python -m scaffold.new_service``: a service of the template, with its place in the stack.

The variables NAME, CALLS, DB and ROUTE say what it is; what is not given is asked for, on a terminal only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from scaffold import backends, compose, pyproject
from scaffold.errors import ScaffoldError
from scaffold.repository import put, require_clean, undone_on_failure
from scaffold.request import Request
from scaffold.template import format_code, read_answers, render
from stack.places import ROOT
from stack.services import find_services

Say = Callable[[str], None]

_BACKENDS = Path("gateway/src/gateway/backends.py")
_FINISHING = (("tools/protos.sh",), ("make", "--no-print-directory", "lock"))


def new_service(root: Path, request: Request, say: Say) -> list[Path]:
    """Write a service, its stubs and its locks; give the paths that were rendered.

    Raises:
        ScaffoldError: It cannot be done; everything is as it was.
    """
    require_clean(root)
    with tempfile.TemporaryDirectory(prefix="scaffold-") as folder:
        rendered = Path(folder)
        say(f"rendering services/{request.name}")
        render(root, request.answers, rendered)
        _require_new(root, request.name, rendered)
        _extend_shared_files(root, request, rendered)
        with undone_on_failure(root):
            paths = put(rendered, root)
            for command in _FINISHING:
                say(f"running {command[0]} {command[-1]}" if len(command) > 1 else f"running {command[0]}")
                _run(root, command)
    return paths


def _require_new(root: Path, name: str, rendered: Path) -> None:
    for path in sorted(path.relative_to(rendered) for path in rendered.rglob("*") if path.is_file()):
        if (root / path).exists():
            raise ScaffoldError(f"NAME={name!r} is taken: {path} is there already")


def _extend_shared_files(root: Path, request: Request, rendered: Path) -> None:
    """Write what the workspace's own files become to where the service is rendered."""
    plural = str(read_answers(rendered, request.name)["plural"])
    workspace = (root / "pyproject.toml").read_text(encoding="utf-8")
    workspace = pyproject.add_service(workspace, request.name, plural, database=request.database)
    (rendered / "pyproject.toml").write_text(workspace, encoding="utf-8")
    containers = compose.add_container(
        (root / "docker-compose.yml").read_text(encoding="utf-8"),
        compose.Container(
            name=request.name,
            port=request.port,
            database=plural if request.database else "",
            calls=[(service.name, service.port) for service in request.calls],
            route=request.route,
        ),
    )
    (rendered / "docker-compose.yml").write_text(containers, encoding="utf-8")
    if request.route:
        table = backends.add_backend((root / _BACKENDS).read_text(encoding="utf-8"), request.name, plural, request.port)
        (rendered / _BACKENDS).write_text(table, encoding="utf-8")
        format_code(root, rendered)


def _run(root: Path, command: tuple[str, ...]) -> None:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603  fixed words
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise ScaffoldError(f"{' '.join(command)} failed: {''.join(last)}")


def _ask(question: str, default: str) -> str:
    """Ask a person at the terminal."""
    answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip()
    return answer or default


def _say(text: str) -> None:
    sys.stdout.write(f"- {text}\n")
    sys.stdout.flush()


def main() -> None:
    """Write a service; what goes wrong is told in a line and ends with exit code 2."""
    try:
        require_clean(ROOT)
        request = Request.read(os.environ, find_services(ROOT), _ask if sys.stdin.isatty() else None)
        paths = new_service(ROOT, request, _say)
    except ScaffoldError as error:
        sys.stderr.write(f"new-service: {error}\n")
        sys.exit(2)
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\nnew-service: stopped, and nothing is written\n")
        sys.exit(130)
    for path in paths:
        _say(f"wrote {path}")
    _say("next: make check test, then domain.py; make demo and docker compose up have it already")


if __name__ == "__main__":
    main()
