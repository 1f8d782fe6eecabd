"""The errors that an application raises after a client's disconnect."""

from __future__ import annotations

_NAMES = frozenset({"ClientDisconnect", "WebSocketDisconnect"})


def is_about_leaving(error: Exception) -> bool:
    """Return whether the error only reports a disconnect: Starlette's errors, or the server's own OSError."""
    return isinstance(error, OSError) or type(error).__name__ in _NAMES
