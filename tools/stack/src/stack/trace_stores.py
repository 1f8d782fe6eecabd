"""Where the stack's traces go and are fetched from: a Jaeger, or the console, which keeps logs and metrics as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Protocol, Self

from stack.ports import HOST, free_ports
from stack.probes.readiness import http_answers
from stack.processes.program import Program, module


class TraceStore(Protocol):
    """A context manager that starts and ends it, where that is ours to do; see `stack.jaeger.programs.Jaeger`."""

    @property
    def query_url(self) -> str: ...  # noqa: D102  see stack.jaeger.programs.Jaeger

    @property
    def otlp_url(self) -> str: ...  # noqa: D102

    @property
    def is_ours(self) -> bool: ...  # noqa: D102

    def start(self) -> None:
        """Start it; returns when it answers."""

    def kill(self) -> None:
        """End it at once; what it held is gone."""


class ConsoleProgram:
    """The console as a process on a free port.

    Args:
        folder: For its log.
        progress: Told in a few words what is being done.
        more: Further settings, such as MAX_SPANS.
    """

    is_ours = False  # nobody tests what happens without it: that is Jaeger's part

    def __init__(
        self,
        folder: Path,
        progress: Callable[[str], None] = lambda _text: None,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        (port,) = free_ports(1)
        self.query_url = self.otlp_url = f"http://{HOST}:{port}"
        self._progress = progress
        self._program = Program(
            name="console",
            command=module("console"),
            environment={"LISTEN": f"{HOST}:{port}", "OTLP_HTTP_LISTEN": "off", "OTLP_GRPC_LISTEN": "off", **more},
            log=folder / "console.log",
            is_ready=partial(http_answers, f"{self.query_url}/livez"),
        )

    def start(self) -> None:
        """Start it; returns when it answers."""
        self._progress("starting the console")
        self._program.start()
        self._program.wait_ready()

    def kill(self) -> None:
        """End it at once."""
        self._program.kill()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        self._program.stop()
