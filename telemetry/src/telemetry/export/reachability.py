"""Whether a collector is reachable: checked when a shutdown cannot export anything."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

GRACE = 1.0  # seconds that a shutdown tries before it checks
_ANSWERS_WITHIN = 0.5  # seconds; a host that does not refuse may be there
_PORTS = {"http": 80, "https": 443}


def refuses_connections(url: str | None) -> bool:
    """Return whether the URL's address refuses connections, or its host has no address; False for no URL."""
    if url is None:
        return False
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port or _PORTS.get(parts.scheme, 0)), _ANSWERS_WITHIN):
            return False
    except (ConnectionRefusedError, socket.gaierror):
        return True
    except OSError:
        return False
