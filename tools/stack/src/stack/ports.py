"""Which ports the stack listens on: its own, what the environment says, or whatever is free."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

from telemetry import ConfigError, Env

HOST = "127.0.0.1"
_HIGHEST = 65535


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
    """Give as many different ports that nothing listens on at the moment."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _is_taken(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return True
    return False
