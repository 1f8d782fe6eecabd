"""No tracing; and what every other wiring starts from."""

from __future__ import annotations

from typing import Any

from grpc import aio


class Wiring:
    """What a contender may put on the services; as it stands, nothing."""

    def asgi(self, app: Any) -> Any:
        """Give the ASGI application that uvicorn serves for the FastAPI `app`."""
        return app

    def server(self) -> aio.Server:
        """Give a server that has no servicers yet."""
        return aio.server()

    def channel(self, target: str) -> aio.Channel:
        """Give a channel for the calls to `target`."""
        return aio.insecure_channel(target)

    def flush(self) -> None:
        """Send everything that waits; return when the receiver has it."""


def wire() -> Wiring:
    """Change nothing."""
    return Wiring()
