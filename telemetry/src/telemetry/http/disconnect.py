"""What an application raises when its client has gone away."""

from __future__ import annotations

_NAMES = frozenset({"ClientDisconnect", "WebSocketDisconnect"})


def is_about_leaving(error: Exception) -> bool:
    """Tell whether the error only says that the client has gone: Starlette's errors, or the server's own OSError."""
    return isinstance(error, OSError) or type(error).__name__ in _NAMES
