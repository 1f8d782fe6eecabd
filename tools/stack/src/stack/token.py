"""``python -m stack.token TENANT [SCOPE]``: a token for whichever stack is running here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from gateway import token
from stack.places import ROOT, RUN

_COMPOSE_WITHIN = 30.0


def main(arguments: list[str]) -> None:
    """Print a token signed with JWT_KEY or JWT_KEY_FILE, else with the demo's key, else by the gateway in compose."""
    arguments = [argument for argument in arguments if argument]  # make passes what was not given as nothing
    if len(arguments) not in (1, 2):
        sys.exit("token: expected TENANT [SCOPE], as in: make token TENANT=acme SCOPE=trace")
    options = [arguments[0], *(["--scope", arguments[1]] if len(arguments) > 1 else [])]
    key_file = RUN / "jwt.key"
    if os.environ.get("JWT_KEY") or os.environ.get("JWT_KEY_FILE"):
        token.main(options, os.environ)
    elif _compose_gateway() is not None:
        _in_compose(options)
    elif key_file.exists():
        token.main(options, os.environ | {"JWT_KEY_FILE": str(key_file)})
    else:
        sys.exit("token: no stack runs here: expected `make demo`, `docker compose up`, or JWT_KEY in the environment")


def _compose_gateway() -> str | None:
    """Give the id of the running gateway's container; None when there is none."""
    docker = shutil.which("docker")
    if docker is None:
        return None
    command = (docker, "compose", "ps", "--quiet", "--status=running", "gateway")
    try:
        done = subprocess.run(  # noqa: S603  fixed words
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_COMPOSE_WITHIN
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() or None


def _in_compose(options: list[str]) -> None:
    command = ("docker", "compose", "exec", "--no-TTY", "gateway", "python", "-m", "gateway.token", *options)
    os.chdir(ROOT)
    os.execvp(command[0], command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
