"""Which ports the stack listens on: its own, what the environment says, or whatever is free."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from itertools import islice

from telemetry import ConfigError, Env

HOST = "127.0.0.1"
_HIGHEST = 65535
_NEVER_OUTGOING = range(20_000, 32_000)  # Linux starts at 32768, macOS and the rest at 49152


@dataclass(frozen=True, slots=True)
class Ports:
    """A port for each program, all on loopback."""

    gateway: int = 8000
    user: int = 50051
    order: int = 50052
    console: int = 16686

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Ports:
        """Read GATEWAY_PORT, USER_PORT, ORDER_PORT and CONSOLE_PORT; raise ConfigError for a wrong one."""
        env = Env(environ)
        default = cls()
        return cls(
            *(
                env.integer(variable(each.name), getattr(default, each.name), low=1, high=_HIGHEST)
                for each in fields(cls)
            )
        )

    @classmethod
    def free(cls) -> Ports:
        """Take ports that nothing listens on at the moment."""
        return cls(*free_ports(len(fields(cls))))

    def check(self) -> None:
        """Raise ConfigError, one line, when a port is taken or named twice."""
        for each, port in zip(fields(self), astuple(self), strict=True):
            if astuple(self).count(port) > 1:
                raise ConfigError(f"{variable(each.name)}={port}: expected a port for each program alone")
            if _is_taken(port):
                raise ConfigError(
                    f"port {port} ({each.name}) is taken: stop what listens there, or set {variable(each.name)}"
                )


def variable(name: str) -> str:
    """Give the environment variable that moves a program to another port."""
    return f"{name.upper()}_PORT"


def free_ports(count: int) -> list[int]:
    """Give as many different ports that nothing listens on at the moment.

    They are not those that the system gives to outgoing connections: a client that tries to reach a program that is
    down could be given that program's own port, and would then talk to itself and keep the port taken.
    """
    candidates = random.sample(_NEVER_OUTGOING, len(_NEVER_OUTGOING))
    ports = list(islice((port for port in candidates if not _is_taken(port)), count))
    if len(ports) < count:
        raise ConfigError(f"no {count} ports are free between {_NEVER_OUTGOING[0]} and {_NEVER_OUTGOING[-1]}")
    return ports


def _is_taken(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return True
    return False
