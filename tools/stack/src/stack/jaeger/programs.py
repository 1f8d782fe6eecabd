"""A running Jaeger: one at an address, a process or a container."""

from __future__ import annotations

import secrets
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from stack.jaeger.docker import docker, docker_program
from stack.ports import HOST, free_ports
from stack.probes.readiness import http_answers
from stack.processes.program import Program
from telemetry import ConfigError

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
        return (docker_program(), "run", "--rm", f"--name={self._name}", *published, self._image)

    def _end(self, program: Program) -> None:
        """End the container; killed alone, docker's own process would leave it running."""
        with suppress(ConfigError):  # it has ended by itself
            docker("kill", self._name)
        program.terminate()
