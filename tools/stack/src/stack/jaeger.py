"""A real Jaeger for the end-to-end tests: one that is there, one in Docker, or one built from its pinned module."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from typing_extensions import override

from stack.ports import HOST, free_ports
from stack.processes import Program, wait_until
from stack.readiness import http_answers
from telemetry import ConfigError
from telemetry.checks import http_url

ROOT = Path(__file__).parents[4]

_MODULE = "github.com/jaegertracing/jaeger/cmd/jaeger"
_BUILD_WITHIN = 1800.0
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

    @override
    def start(self) -> None:
        if not http_answers(f"{self.query_url}/api/services"):
            raise ConfigError(f"JAEGER={self.query_url!r}: nothing answers there: expected Jaeger's query address")

    @override
    def kill(self) -> None:
        raise ConfigError(f"JAEGER={self.query_url!r} is not ours to end")

    @override
    def stop(self) -> None:
        """Leave it to those who run it."""


class JaegerProgram(Jaeger):
    """A process on free ports that keeps traces in memory."""

    def __init__(self, program: Path) -> None:
        query, query_grpc, otlp = free_ports(3)
        self.query_url = f"http://{HOST}:{query}"
        self.otlp_url = f"http://{HOST}:{otlp}"
        self._folder = tempfile.TemporaryDirectory(prefix="jaeger-")
        config = Path(self._folder.name) / "config.yaml"
        config.write_text(_CONFIG.format(host=HOST, query=query, query_grpc=query_grpc, otlp=otlp), encoding="ascii")
        self._program = Program(
            name="jaeger",
            command=(str(program), "--config", f"file:{config}"),
            environment={},
            log=config.with_name("jaeger.log"),
            is_ready=partial(http_answers, f"{self.query_url}/api/services"),
        )

    @override
    def start(self) -> None:
        self._program.start()
        self._program.wait_ready()

    @override
    def kill(self) -> None:
        self._program.kill()

    @override
    def stop(self) -> None:
        self._program.stop()
        self._folder.cleanup()


class JaegerContainer(Jaeger):
    """A container, published on loopback; removed at the end."""

    def __init__(self, image: str) -> None:
        query, otlp = free_ports(2)
        self.query_url = f"http://{HOST}:{query}"
        self.otlp_url = f"http://{HOST}:{otlp}"
        published = (f"--publish={HOST}:{query}:16686", f"--publish={HOST}:{otlp}:4318")
        self._id = _docker("create", *published, image)

    @override
    def start(self) -> None:
        _docker("start", self._id)
        wait_until(partial(http_answers, f"{self.query_url}/api/services"), "jaeger", 60.0)

    @override
    def kill(self) -> None:
        _docker("kill", self._id)

    @override
    def stop(self) -> None:
        _docker("rm", "--force", "--volumes", self._id)


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
            progress(f"{image} cannot be pulled: building Jaeger instead")
            return None
    return JaegerContainer(image)


def compose_image(name: str) -> str:
    """Give the image with its tag as docker-compose.yml names it: the one place for its version."""
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    found = re.search(rf"image:\s*({re.escape(name)}:\S+)", compose)
    if found is None:
        raise ConfigError(f"docker-compose.yml names no image {name}")
    return found[1]


def _built(progress: Progress) -> Jaeger | None:
    go = shutil.which("go")
    if go is None:
        return None
    source = ROOT / "tools" / "jaeger"
    stamp = hashlib.sha256((source / "go.mod").read_bytes() + (source / "go.sum").read_bytes()).hexdigest()[:12]
    program = _cache() / f"jaeger-{stamp}"
    if not program.exists():
        progress("building Jaeger from its pinned module with Go: several minutes, once")
        _build(go, source, program)
    return JaegerProgram(program)


def _build(go: str, source: Path, program: Path) -> None:
    """Build into a file beside the wanted one, which is renamed when it is whole."""
    program.parent.mkdir(parents=True, exist_ok=True)
    partial_file = program.with_suffix(f".{os.getpid()}")
    environment = os.environ | {"GOFLAGS": "-mod=mod -buildvcs=false", "CGO_ENABLED": "0"}
    command = (go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(partial_file), _MODULE)
    try:
        subprocess.run(command, cwd=source, env=environment, check=True, timeout=_BUILD_WITHIN)  # noqa: S603  fixed words
        partial_file.rename(program)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"Jaeger cannot be built with {go}: {error}") from None
    finally:
        partial_file.unlink(missing_ok=True)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "throughline"


def _docker(*arguments: str, within: float = _COMMAND_WITHIN) -> str:
    done = subprocess.run(  # noqa: S603  fixed words
        (shutil.which("docker") or "docker", *arguments), capture_output=True, text=True, check=False, timeout=within
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
