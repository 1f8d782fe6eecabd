"""Which ports the stack listens on: its own, what the environment says, or whatever is free."""

from __future__ import annotations

import random
import socket
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from stack.services import services
from telemetry import ConfigError, Env

HOST = "127.0.0.1"
_HIGHEST = 65535
_NEVER_OUTGOING = range(20_000, 32_000)  # Linux starts at 32768, macOS and the rest at 49152


@dataclass(frozen=True, slots=True)
class Ports:
    """A port for each program, all on loopback.

    Attributes:
        of: The port of each program, by name: the gateway's, those of the services, the console's.
    """

    of: Mapping[str, int]

    @classmethod
    def usual(cls) -> Ports:
        """Give the ports that the documentation names."""
        return cls({"gateway": 8000} | {service.name: service.port for service in services()} | {"console": 16686})

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Ports:
        """Read GATEWAY_PORT, USER_PORT and so on, for each program; raise ConfigError for a wrong one."""
        env = Env(environ)
        return cls(
            {name: env.integer(variable(name), usual, low=1, high=_HIGHEST) for name, usual in cls.usual().of.items()}
        )

    @classmethod
    def free(cls) -> Ports:
        """Take ports that nothing listens on at the moment."""
        names = cls.usual().of
        return cls(dict(zip(names, free_ports(len(names)), strict=True)))

    def address(self, name: str) -> str:
        """Give a program's ``host:port``."""
        return f"{HOST}:{self.of[name]}"

    def check(self) -> None:
        """Raise ConfigError, one line, when a port is taken or named twice."""
        uses = Counter(self.of.values())
        for name, port in self.of.items():
            if uses[port] > 1:
                raise ConfigError(f"{variable(name)}={port}: expected a port for each program alone")
            if _is_taken(port):
                raise ConfigError(f"port {port} ({name}) is taken: stop what listens there, or set {variable(name)}")


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
