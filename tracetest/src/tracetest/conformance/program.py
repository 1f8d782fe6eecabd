"""A service as a program that the suite starts, with a collector and mock servers around it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Self

import grpc
from typing_extensions import override

from tracetest.conformance.environment.databases import away
from tracetest.conformance.environment.mock_server import MockServer
from tracetest.conformance.environment.ports import free_port, is_taken
from tracetest.conformance.environment.process import Process
from tracetest.conformance.environment.sink import Sink
from tracetest.conformance.errors import NotApplicable, Violation
from tracetest.conformance.instance import Instance, Requests
from tracetest.conformance.subject import Subject

_READY_WITHIN = 30.0
_POLL = 0.05
_QUICK = {
    "OTEL_TRACES_SAMPLER": "parentbased_always_on",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    "OTEL_BSP_SCHEDULE_DELAY": "50",
    "OTEL_BLRP_SCHEDULE_DELAY": "50",
    "OTEL_METRIC_EXPORT_INTERVAL": "250",
}


class Program(Subject):
    """A command that runs a service; a context manager, at whose end nothing of it runs any more.

    Args:
        command: Such as ``(sys.executable, "-m", "order_service")``.
        environ: Its variables, such as the URL of a database that is ready for use.
        calls: The variables that tell it where the services are that it calls, each ``HOST:PORT``.
        database: The variable that tells it the URL of its database; None when it has none.
        listen: The variable that tells it where to serve, ``HOST:PORT``.
        requests: See `Instance`; needed only where a request cannot be guessed from the names of its fields.
    """

    def __init__(  # noqa: PLR0913  named by keyword, each a fact of its own
        self,
        command: Sequence[str],
        environ: Mapping[str, str] | None = None,
        *,
        calls: Sequence[str] = (),
        database: str | None = None,
        listen: str = "LISTEN",
        requests: Requests | None = None,
    ) -> None:
        self._command = tuple(command)
        self._environ = dict(environ or {})
        self._calls = tuple(calls)
        self._database = database
        self._listen = listen
        self._requests = requests or {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __str__(self) -> str:
        return " ".join(self._command)

    @property
    @override
    def running(self) -> Instance:
        return self._running

    @property
    @override
    def without_database(self) -> Instance:
        if self._database is None:
            raise NotApplicable("the service has no database")
        return self._without_database

    @contextmanager
    @override
    def start(self, environ: Mapping[str, str]) -> Iterator[tuple[Instance, Process]]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
            sink = stack.enter_context(Sink())
            mock_servers = {name: stack.enter_context(MockServer()) for name in self._calls}
            port = free_port()
            address = f"127.0.0.1:{port}"
            variables = {
                **_QUICK,
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{sink.address}",
                self._listen: address,
                **{name: mock_server.address for name, mock_server in mock_servers.items()},
                **self._environ,
                **environ,
            }
            process = stack.enter_context(Process(self._command, variables, folder / "log"))
            _wait_until_it_listens(port, process)
            channel = stack.enter_context(grpc.insecure_channel(address))
            instance = Instance(
                address=address,
                channel=channel,
                traces=sink,
                sink=sink,
                mock_servers=mock_servers,
                database=None if self._database is None else variables.get(self._database),
                requests=self._requests,
            )
            yield instance, process

    @cached_property
    def _running(self) -> Instance:
        return self._stack.enter_context(self.start({}))[0]

    @cached_property
    def _without_database(self) -> Instance:
        name = self._database or ""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
        if name not in self._environ:
            raise NotApplicable(f"{name} is not given: expected the URL of a database that is ready for use")
        return self._stack.enter_context(self.start({name: away(self._environ[name], folder)}))[0]


def _wait_until_it_listens(port: int, process: Process) -> None:
    ends_at = monotonic() + _READY_WITHIN
    while not is_taken(port):
        process.check()
        if monotonic() > ends_at:
            raise Violation(f"the service does not listen after {_READY_WITHIN:g} s:\n{process.tail()}")
        sleep(_POLL)
