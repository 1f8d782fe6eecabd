"""The programs that read what is in deploy/, found wherever this machine has them, to be asked what they make of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.compose.project import available
from stack.jaeger.find import compose_image
from stack.places import ROOT
from telemetry import ConfigError

DEPLOY = ROOT / "deploy"

_WITHIN = 120.0  # seconds for one question
_PULL_WITHIN = 300.0
_IN_CONTAINER = "/files"
_SCRATCH = "/scratch"  # not /tmp: where an image has one, a tmpfs there gets that one's mode


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said.

    Attributes:
        right: Whether it found nothing wrong.
        text: All that it printed.
    """

    right: bool
    text: str


Reader = Callable[[Sequence[str]], Answer]  # of arguments; a path in them is one within deploy/


@dataclass(frozen=True, slots=True)
class Program:
    """A program that reads configuration.

    Attributes:
        variable: Of the environment; names its path.
        names: What it is called on PATH.
        image: Has it, without its tag; docker-compose.yml has that.
        entrypoint: What it is called in there; "" where the image runs it by itself.
    """

    variable: str
    names: Sequence[str]
    image: str
    entrypoint: str = ""

    def path(self, environment: Mapping[str, str]) -> Path | None:
        """Give the program on this machine: the path that `variable` names, or one on PATH; None when there is none.

        Raises:
            ConfigError: The variable names no program.
        """
        named = environment.get(self.variable, "").strip()
        if named and shutil.which(named) is None:
            raise ConfigError(f"{self.variable}={named!r}: expected the path of a program")
        found = next(filter(None, map(shutil.which, [named] if named else self.names)), None)
        return None if found is None else Path(found)

    def find(self, environment: Mapping[str, str]) -> Reader | None:
        """Find it: see `path`, or else in a running Docker; None when there is neither.

        Args:
            environment: Looked up for `variable`, and handed on to the program.

        Raises:
            ConfigError: The variable names no program.
        """
        if path := self.path(environment):
            return _process(path, environment)
        return self._container(compose_image(self.image)) if available() else None

    def _container(self, image: str) -> Reader | None:
        if not _succeeds("docker", "image", "inspect", image) and not _succeeds("docker", "pull", "--quiet", image):
            return None
        scratch = (f"--tmpfs={_SCRATCH}:mode=1777", f"--env=TMPDIR={_SCRATCH}", f"--env=QUEUE_FOLDER={_SCRATCH}")
        options = ("--rm", "--network=none", "--read-only", *scratch)
        mounted = (f"--volume={DEPLOY}:{_IN_CONTAINER}:ro", f"--workdir={_IN_CONTAINER}")
        entrypoint = (f"--entrypoint={self.entrypoint}",) if self.entrypoint else ()
        command = ("docker", "run", *options, *mounted, *entrypoint, image)
        return lambda arguments: _ask((*command, *arguments), os.environ)


def _process(path: Path, environment: Mapping[str, str]) -> Reader:
    settings = {**environment, "QUEUE_FOLDER": tempfile.gettempdir()}  # it need only be there
    return lambda arguments: _ask((str(path), *arguments), settings)


def _ask(command: Sequence[str], environment: Mapping[str, str]) -> Answer:
    try:
        done = subprocess.run(  # noqa: S603  our own words, no shell
            command, cwd=DEPLOY, env=environment, capture_output=True, text=True, timeout=_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        return Answer(right=False, text=f"{' '.join(command)}: no answer within {_WITHIN:g} s")
    return Answer(done.returncode == 0, f"{done.stdout}\n{done.stderr}".strip())


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=_PULL_WITHIN, check=False).returncode == 0  # noqa: S603  fixed words
    except subprocess.TimeoutExpired:
        return False
