"""A real Jaeger for the end-to-end tests: one that is there, one in Docker, or one built from its pinned module."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from stack.jaeger_build import build_jaeger
from stack.places import ROOT
from stack.ports import HOST, free_ports
from stack.processes import Program
from stack.readiness import http_answers
from telemetry import ConfigError
from telemetry.settings.checks import http_url

_PULL_WITHIN = 300.0
_COMMAND_WITHIN = 60.0

_CONFIG = """\
extensions:
  jaeger_storage: {{backends: {{memory: {{memory: {{max_traces: 100000}}}}}}}}
  jaeger_query:
    storage: {{traces: memory}}
    http: {{endpoint: "{host}:{query}"}}
    grpc: {{endpoint: "{host}:{query_grpc}"}}
receivers:
  otlp: {{protocols: {{http: {{endpoint: "{host}:{otlp}"}}}}}}
exporters:
  jaeger_storage_exporter: {{trace_storage: memory}}
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines: {{traces: {{receivers: [otlp], exporters: [jaeger_storage_exporter]}}}}
  telemetry: {{metrics: {{level: none}}}}
"""

WITHOUT_JAEGER = """\
========================================================================================================
NO JAEGER: the end-to-end trace tests are SKIPPED. They need one of: JAEGER set to the address or the
program of one, a running Docker, or Go (https://go.dev), which builds the pinned version once.
========================================================================================================"""

Progress = Callable[[str], None]


class Jaeger(ABC):
    """A Jaeger; a context manager that starts it and ends it, where that is ours to do.

    Attributes:
        query_url: Where it answers, such as ``http://127.0.0.1:16686``.
        otlp_url: Where it takes OTLP over HTTP.
        is_ours: Whether it is started here, and so may be killed and started again.
    """

    query_url: str
    otlp_url: str
    is_ours = True

    @abstractmethod
    def start(self) -> None:
        """Start it; returns when it answers."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once; what it held is gone."""

    @abstractmethod
    def stop(self) -> None:
        """End it for good."""

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()


class JaegerAddress(Jaeger):
    """One that somebody else runs."""

    is_ours = False

    def __init__(self, query_url: str, otlp_url: str) -> None:
        self.query_url = query_url.rstrip("/")
        self.otlp_url = otlp_url.rstrip("/")

    def start(self) -> None:
        """Raise ConfigError when it does not answer."""
        if not http_answers(f"{self.query_url}/api/services"):
            raise ConfigError(f"JAEGER={self.query_url!r}: nothing answers there: expected Jaeger's query address")

    def kill(self) -> None:
        """Raise ConfigError."""
        raise ConfigError(f"JAEGER={self.query_url!r} is not ours to end")

    def stop(self) -> None:
        """Leave it to those who run it."""


class _JaegerHere(Jaeger):
    """One on free ports that keeps traces in memory."""

    def __init__(self) -> None:
        self._query, self._query_grpc, self._otlp = free_ports(3)
        self.query_url = f"http://{HOST}:{self._query}"
        self.otlp_url = f"http://{HOST}:{self._otlp}"
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._program: Program | None = None

    @abstractmethod
    def _command(self, folder: Path) -> Sequence[str]:
        """Give the command that runs it in the foreground; the folder is for what it needs."""

    def start(self) -> None:
        """Start it; returns when it answers."""
        if self._program is None:
            self._program = self._prepared()
        self._program.start()
        self._program.wait_ready()

    def _prepared(self) -> Program:
        self._folder = tempfile.TemporaryDirectory(prefix="jaeger-")
        folder = Path(self._folder.name)
        is_ready = partial(http_answers, f"{self.query_url}/api/services")
        return Program("jaeger", self._command(folder), {}, folder / "jaeger.log", is_ready)

    def kill(self) -> None:
        """End it at once; what it held is gone."""
        if self._program is not None and self._program.is_running:
            self._end(self._program)

    def _end(self, program: Program) -> None:
        program.kill()

    def stop(self) -> None:
        """End it at once: it has nothing to lose, and would take ten seconds."""
        self.kill()
        if self._folder is not None:
            self._folder.cleanup()


class JaegerProgram(_JaegerHere):
    """A process."""

    def __init__(self, program: Path) -> None:
        super().__init__()
        self._path = program

    def _command(self, folder: Path) -> Sequence[str]:
        config = folder / "config.yaml"
        text = _CONFIG.format(host=HOST, query=self._query, query_grpc=self._query_grpc, otlp=self._otlp)
        config.write_text(text, encoding="ascii")
        return (str(self._path), "--config", f"file:{config}")


class JaegerContainer(_JaegerHere):
    """A container in the foreground of a process, published on loopback; removed when it ends."""

    def __init__(self, image: str) -> None:
        super().__init__()
        self._image = image
        self._name = f"throughline-jaeger-{secrets.token_hex(4)}"

    def _command(self, folder: Path) -> Sequence[str]:  # noqa: ARG002  the image brings its configuration
        published = (f"--publish={HOST}:{self._query}:16686", f"--publish={HOST}:{self._otlp}:4318")
        return (_docker_program(), "run", "--rm", f"--name={self._name}", *published, self._image)

    def _end(self, program: Program) -> None:
        """End the container; killed alone, docker's own process would leave it running."""
        with suppress(ConfigError):  # it has ended by itself
            _docker("kill", self._name)
        program.terminate()


def find_jaeger(progress: Progress) -> Jaeger | None:
    """Find a Jaeger, not started yet; None when this machine has no way to one.

    In this order: the address or the program that JAEGER names (with an address, JAEGER_OTLP says where spans go:
    port 4318 of the same host by default), a running Docker that has or gets the image, Go, which builds it once.

    Raises:
        ConfigError: JAEGER is wrong.
    """
    named = os.environ.get("JAEGER", "").strip()
    if named.startswith(("http://", "https://")):
        return _at_address(named)
    if named:
        return JaegerProgram(_program_file(named))
    return _in_docker(progress) or _built(progress)


def _built(progress: Progress) -> Jaeger | None:
    program = build_jaeger(progress)
    return None if program is None else JaegerProgram(program)


def _at_address(named: str) -> Jaeger:
    http_url("JAEGER", named)
    otlp = os.environ.get("JAEGER_OTLP", "").strip() or f"http://{urlsplit(named).hostname}:4318"
    http_url("JAEGER_OTLP", otlp)
    return JaegerAddress(named, otlp)


def _program_file(named: str) -> Path:
    path = shutil.which(named)
    if path is None:
        raise ConfigError(f"JAEGER={named!r}: expected the address of a Jaeger, or the path of its program")
    return Path(path)


def _in_docker(progress: Progress) -> Jaeger | None:
    if shutil.which("docker") is None or not _docker_works("info"):
        return None
    image = compose_image("jaegertracing/jaeger")
    if not _docker_works("image", "inspect", image):
        progress(f"pulling {image}")
        if not _docker_works("pull", "--quiet", image, within=_PULL_WITHIN):
            progress("it cannot be pulled: building Jaeger instead")
            return None
    return JaegerContainer(image)


def compose_image(name: str) -> str:
    """Give the image with its tag as docker-compose.yml names it: the one place for its version."""
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    found = re.search(rf"image:\s*({re.escape(name)}:\S+)", compose)
    if found is None:
        raise ConfigError(f"docker-compose.yml names no image {name}")
    return found[1]


def _docker_program() -> str:
    return shutil.which("docker") or "docker"


def _docker(*arguments: str, within: float = _COMMAND_WITHIN) -> str:
    done = subprocess.run(  # noqa: S603  fixed words
        (_docker_program(), *arguments), capture_output=True, text=True, check=False, timeout=within
    )
    if done.returncode != 0:
        raise ConfigError(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def _docker_works(*arguments: str, within: float = _COMMAND_WITHIN) -> bool:
    try:
        _docker(*arguments, within=within)
    except (ConfigError, subprocess.TimeoutExpired):
        return False
    return True


def main() -> None:
    """``python -m stack.jaeger``: gets a Jaeger ready, and tells whether there will be one; exit 1 if CI needs it."""
    try:
        found = find_jaeger(lambda text: _say(f"jaeger: {text}"))
    except ConfigError as error:
        _say(f"jaeger: {error}")
        sys.exit(2)
    if found is None:
        _say(WITHOUT_JAEGER)
        sys.exit(1 if os.environ.get("CI") else 0)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
