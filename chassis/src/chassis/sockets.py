"""Listening sockets of HTTP servers."""

from __future__ import annotations

import os
import socket

from telemetry.settings.env import ConfigError

_WAITING_CONNECTIONS = 2048


def listen(address: str, name: str = "LISTEN", *, reuse_port: bool = False) -> socket.socket:
    """Bind ``HOST:PORT`` for TCP and listen; port 0 takes a free one.

    The socket names its protocol, because asyncio then disables Nagle's algorithm: otherwise a response on a kept-alive
    connection waits 40 ms for the acknowledgement of its headers.

    Args:
        address: An IPv6 host is in brackets.
        name: The setting, for messages.
        reuse_port: Whether other processes of the same user can listen there as well (SO_REUSEPORT), when they say so,
            too. A gRPC server always does.

    Raises:
        ConfigError: The address cannot be bound.
    """
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host.strip("[]"), int(port)))
        listener.listen(_WAITING_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise ConfigError(f"{name}={address!r}: the address cannot be bound: {_reason(error)}") from None
    return listener


def _reason(error: OSError) -> str:
    """The plain reason; the number of a name that cannot be looked up is no errno, and negative."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
