"""The services and the gateway as processes on SQLite."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from faults.flags import FlagFile
from gateway.settings import TokenSettings
from gateway.token import make_token
from stack.ports import Ports
from stack.probes.readiness import grpc_serves, http_answers
from stack.processes.program import Program, module, run_to_end
from stack.services import Service, services
from telemetry import Secret

Progress = Callable[[str], None]

_METRICS_MS = "2000"
_BATCH_MS = "200"  # spans are seen soon after they end: somebody is waiting for them


class LocalStack:
    """The services and the gateway, each a process; a context manager that starts them and leaves none behind.

    Args:
        folder: For the databases, the key and the logs; made when it is not there.
        otlp_url: Where spans go, by OTLP over HTTP, such as ``http://127.0.0.1:4318``.
        ports: Free ones by default.
        progress: Told in a few words what is being done.
        flags: Says which faults the services have, none at the start; None: they can have none.
        signals_url: Where log records and metrics go, too; None: nowhere.
        test_profile: Whether everybody exports on demand, see `chassis.flush`.
        more: Further settings of a program, by its name.
    """

    def __init__(  # noqa: PLR0913  named by keyword
        self,
        folder: Path,
        *,
        otlp_url: str,
        ports: Ports | None = None,
        progress: Progress = lambda _text: None,
        flags: FlagFile | None = None,
        signals_url: str | None = None,
        test_profile: bool = False,
        more: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self._folder = folder
        self._otlp_url = otlp_url
        self._ports = ports or Ports.free()
        self._progress = progress
        self._flags = flags
        self._signals_url = signals_url
        self._test_profile = test_profile
        self._more = more
        folder.mkdir(parents=True, exist_ok=True)
        self.key_file = folder / "jwt.key"
        self._key = _key(self.key_file)
        self.programs = {program.name: program for program in self._programs()}

    @property
    def parts(self) -> tuple[str, ...]:
        """What can be ended and started again."""
        return tuple(self.programs)

    @property
    def gateway_url(self) -> str:
        """Where the gateway answers."""
        return f"http://{self._ports.address('gateway')}"

    def token(self, tenant: str, scope: str = "") -> str:
        """Make a bearer token; the scope "trace" lets the caller's trace go on."""
        return make_token(TokenSettings(key=self._key), tenant, subject="developer", scope=scope)

    def start(self, name: str) -> None:
        """Start one program; returns when it can do its work."""
        self.programs[name].start()
        self.wait_ready(name)

    def wait_ready(self, name: str) -> None:
        """Return when the program can do its work."""
        self.programs[name].wait_ready()

    def kill(self, name: str) -> None:
        """End one program at once."""
        self.programs[name].kill()

    def terminate(self, name: str, within: float = 10.0) -> tuple[int, float]:
        """Ask one program to end; give its exit code and the seconds that it took."""
        return self.programs[name].terminate(within)

    def log(self, name: str) -> str:
        """Give all that a program printed."""
        return self.programs[name].log.read_text(encoding="utf-8")

    def pid(self, name: str) -> int:
        """Give a program's process id."""
        return self.programs[name].pid

    def check(self) -> None:
        """Raise ProcessError when a program has ended by itself."""
        for program in self.programs.values():
            program.check()

    def __enter__(self) -> Self:
        """Migrate the databases and start everything; returns when all of it is ready."""
        try:
            if self._flags is not None:
                self._flags.clear()
            for service in services():
                if service.database:
                    self._progress(f"migrating {service.name}")
                    run_to_end(module(f"{service.module}.migrate"), self.programs[service.name].environment)
            for program in self.programs.values():
                self._progress(f"starting {program.name}")
                program.start()
            for program in self.programs.values():
                program.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything."""
        self.stop()

    def stop(self) -> None:
        """Stop what runs, the edge first."""
        for program in reversed(self.programs.values()):
            program.stop()

    def _programs(self) -> list[Program]:
        settings = self._addresses(service.name for service in services()) | {"JWT_KEY_FILE": str(self.key_file)}
        gateway = Program(
            name="gateway",
            command=module("gateway"),
            environment=self._settings("gateway", settings),
            log=self._folder / "gateway.log",
            is_ready=partial(http_answers, f"{self.gateway_url}/readyz"),
        )
        return [*map(self._program, services()), gateway]

    def _program(self, service: Service) -> Program:
        settings = self._addresses(service.calls)
        if self._flags is not None:
            settings |= {"FAULTS": "1", "FAULT_FLAGS": str(self._flags.path.resolve())}
        if service.database:
            settings["DATABASE_URL"] = f"sqlite+aiosqlite:///{self._folder.resolve() / service.name}.db"
        return Program(
            name=service.name,
            command=module(service.module),
            environment=self._settings(service.name, settings),
            log=self._folder / f"{service.name}.log",
            is_ready=partial(grpc_serves, self._ports.address(service.name), service.full_name),
        )

    def _addresses(self, names: Iterable[str]) -> dict[str, str]:
        """Give what tells a program where others serve."""
        variables = {service.name: service.variable for service in services()}
        return {variables[name]: self._ports.address(name) for name in names}

    def _settings(self, name: str, more: dict[str, str]) -> dict[str, str]:
        return {
            "LISTEN": self._ports.address(name),
            "OTEL_EXPORTER_OTLP_ENDPOINT": self._otlp_url,
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=local",
            "OTEL_BSP_SCHEDULE_DELAY": _BATCH_MS,
            "TEST_PROFILE": "true" if self._test_profile else "false",
            **({} if self._signals_url is None else _signals(self._signals_url)),
            **more,
            **self._more.get(name, {}),
        }


def _signals(url: str) -> dict[str, str]:
    return {
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_BLRP_SCHEDULE_DELAY": _BATCH_MS,
        "OTEL_METRIC_EXPORT_INTERVAL": _METRICS_MS,
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": f"{url}/v1/logs",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{url}/v1/metrics",
    }


def _key(path: Path) -> Secret:
    """Read the key that signs tokens; make one that nobody else can read when there is none."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48) + "\n", encoding="ascii")
    return Secret(path.read_text(encoding="ascii").strip())
