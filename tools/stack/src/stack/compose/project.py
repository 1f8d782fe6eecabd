"""The stack in containers as the tests run it: a compose project of its own, brought up, broken and taken away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from stack.places import ROOT
from stack.ports import free_ports
from stack.probes.readiness import http_answers
from stack.processes.program import wait_until
from stack.services import services

PROJECT = "throughline-test"

_HEALTHY_WITHIN = 180  # seconds until every container is up, on a busy machine
_BUILD_WITHIN = 900.0  # seconds for a command that may build the images first
_COMMAND_WITHIN = 60.0
_FAULTY = ("user", "order")  # the services of deploy/faults.yaml


class ComposeError(RuntimeError):
    """A docker command failed; says which, and what it printed."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of the project, as `docker inspect` sees it.

    Attributes:
        service: Its name in the compose file.
        name: What docker calls it.
        image: Tag of its image.
        user: The user that it runs as, "uid" or "uid:gid".
        status: "running", "exited" or another of docker's words.
        health: "healthy", "unhealthy", "starting", or "" for a container without a health check.
        exit_code: Of the last run; 0 while it runs.
        started_at: When it was last started: another value tells of a restart.
        finished_at: When it last ended, by the engine's clock.
        host: Docker's HostConfig: limits, capabilities, root file system.
        published: The addresses of the host, as "127.0.0.1:8000", that lead to it.
    """

    service: str
    name: str
    image: str
    user: str
    status: str
    health: str
    exit_code: int
    started_at: str
    finished_at: str
    host: Mapping[str, Any]
    published: tuple[str, ...]


def available() -> bool:
    """Tell whether an engine with compose answers here."""
    if shutil.which("docker") is None:
        return False
    commands = (("docker", "info"), ("docker", "compose", "version"))
    return all(subprocess.run(command, capture_output=True, check=False).returncode == 0 for command in commands)  # noqa: S603  fixed words


def has_image(tag: str) -> bool:
    """Tell whether an image is on this machine."""
    command = ("docker", "image", "inspect", tag)
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  a tag of ours


@dataclass(slots=True)
class ComposeStack:
    """Docker compose on the stack's own file plus tests/compose.yaml.

    Args:
        root: The repository.
        project: Compose's project name: keeps containers and volumes apart from a stack that the user runs.
        profile: Of docker-compose.yml; "" is the one that .env names.
        overlays: Files on top of those, by their paths in the repository.
        variables: What those files want to know.
    """

    root: Path = ROOT
    project: str = PROJECT
    profile: str = ""
    overlays: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    postgres_port: int = field(default_factory=lambda: free_ports(1)[0])
    _flags: Path | None = field(default=None, init=False)

    gateway_url = "http://127.0.0.1:8000"
    jaeger_url = "http://127.0.0.1:16686"

    def up(self, *, without: Collection[str] = ()) -> None:
        """Build the images and start everything from empty volumes; returns when all of it is healthy.

        Args:
            without: Services that are left out.

        Raises:
            ComposeError: Something did not come up; the end of the logs is in the message.
        """
        self.down()
        try:
            wait = ("--wait", f"--wait-timeout={_HEALTHY_WITHIN}")
            services = sorted(set(self._compose("config", "--services").split()) - set(without)) if without else ()
            self._compose("up", "--detach", "--build", *wait, *services, within=_BUILD_WITHIN)
        except ComposeError as error:
            failed = [c.service for c in self.containers().values() if c.exit_code or c.health not in ("", "healthy")]
            raise ComposeError(f"{error}\n{self.logs(*failed, tail=20) if failed else ''}".strip()) from None
        self._wait_for_jaeger()

    def down(self) -> None:
        """Remove the project's containers, networks and volumes."""
        self._compose("down", "--volumes", "--remove-orphans")

    def kill(self, service: str) -> None:
        """End a service at once (SIGKILL); it stays down until `start`."""
        self._compose("kill", service)

    def start(self, service: str) -> None:
        """Start a service again, and nothing else; returns when it is healthy."""
        self._compose("up", "--detach", "--no-deps", "--no-recreate", "--wait", service)
        if service == "jaeger":
            self._wait_for_jaeger()

    def terminate(self, service: str) -> tuple[int, float]:
        """End a service the polite way (SIGTERM); give its exit code and the seconds until it was gone."""
        began = datetime.now(UTC)
        self._compose("stop", service)
        container = self.containers()[service]
        return container.exit_code, (datetime.fromisoformat(container.finished_at) - began).total_seconds()

    @contextmanager
    def faults(self, flags: Path) -> Iterator[None]:
        """Let the services have the faults that a file says, see `faults.flags`; at the end they can have none."""
        self._flags = flags
        try:
            self._compose("up", "--detach", "--no-deps", "--wait", *_FAULTY)
            yield
        finally:
            self._flags = None
            self._compose("up", "--detach", "--no-deps", "--wait", *_FAULTY)

    def exec(self, service: str, *command: str) -> str:
        """Run a command in a service's container and return what it prints."""
        return self._compose("exec", "--no-TTY", service, *command)

    def run(self, service: str, *command: str) -> str:
        """Run a command in a new container of a service, also of one that has ended, and return what it prints."""
        return self._compose("run", "--rm", "--no-deps", "--no-TTY", service, *command)

    def secret(self, service: str, name: str) -> str:
        """Read a secret as the service that may."""
        return self.exec(service, "cat", f"/run/secrets/{name}").strip()

    def logs(self, *services: str, tail: int = 50) -> str:
        """Return the last lines that each service printed."""
        return self._compose("logs", "--no-color", f"--tail={tail}", *services)

    def containers(self) -> dict[str, Container]:
        """Every container of the project by service, those that have ended included."""
        ids = self._compose("ps", "--all", "--quiet").split()
        found = json.loads(self._run("docker", "inspect", *ids)) if ids else []
        return {container.service: container for container in map(_container, found)}

    def memory(self) -> dict[str, float]:
        """The MiB of memory that each running container uses now, by service."""
        running = {c.name: c.service for c in self.containers().values() if c.status == "running"}
        lines = self._run(
            "docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *running
        ).splitlines()
        return {running[name]: _mebibytes(used) for name, used, *_ in map(str.split, lines)}

    def store_test_environment(self) -> dict[str, str]:
        """The variables that bring the store tests here: for each service the URLs of its app and its owner."""
        return {
            f"{service.name.upper()}_STORE_TEST_{variable}": (
                f"postgresql+asyncpg://{service.name}_{role}:{self.secret('postgres', f'{service.name}-{secret}')}"
                f"@127.0.0.1:{self.postgres_port}/{service.database}"
            )
            for service in services()
            if service.database
            for variable, role, secret in (("URL", "app", "password"), ("OWNER_URL", "owner", "owner-password"))
        }

    def _wait_for_jaeger(self) -> None:
        """Its image holds nothing that a health check could ask with: ask from here."""
        wait_until(partial(http_answers, f"{self.jaeger_url}/api/services"), "jaeger", _COMMAND_WITHIN)

    def _compose(self, *arguments: str, within: float = _COMMAND_WITHIN) -> str:
        files = ["--file=docker-compose.yml", "--file=tests/compose.yaml", f"--project-name={self.project}"]
        files += [f"--file={overlay}" for overlay in self.overlays]
        if self._flags is not None:
            files.append("--file=deploy/faults.yaml")
        if self.profile:
            files.append(f"--profile={self.profile}")
        return self._run("docker", "compose", "--progress=quiet", *files, *arguments, within=within)

    def _run(self, *command: str, within: float = _COMMAND_WITHIN) -> str:
        environment = os.environ | {"POSTGRES_PORT": str(self.postgres_port), **self.variables}
        if self._flags is not None:
            environment["FAULT_FLAGS_FOLDER"] = str(self._flags.parent.resolve())
        try:
            done = subprocess.run(  # noqa: S603  the tests' own words, no shell
                command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=within, check=False
            )
        except subprocess.TimeoutExpired:
            raise ComposeError(f"{' '.join(command)}: not done within {within:g} s") from None
        if done.returncode != 0:
            raise ComposeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-4000:].strip()}")
        return done.stdout


def _mebibytes(amount: str) -> float:
    number, unit = amount[:-3], amount[-3:]
    return float(number) * {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0}[unit]


def _container(inspected: Mapping[str, Any]) -> Container:
    config, state = inspected["Config"], inspected["State"]
    return Container(
        service=config["Labels"]["com.docker.compose.service"],
        name=inspected["Name"].lstrip("/"),
        image=config["Image"],
        user=config["User"],
        status=state["Status"],
        health=state.get("Health", {}).get("Status", ""),
        exit_code=state["ExitCode"],
        started_at=state["StartedAt"],
        finished_at=state["FinishedAt"],
        host=inspected["HostConfig"],
        published=tuple(
            f"{address['HostIp']}:{address['HostPort']}"
            for addresses in inspected["NetworkSettings"]["Ports"].values()
            for address in addresses or ()
        ),
    )
