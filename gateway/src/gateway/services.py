"""What the routes work with, kept in the application's state by `app.build_app`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request

from gateway.clients.base import Client

C = TypeVar("C", bound=Client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services behind the edge, and the limits of a request.

    Attributes:
        clients: One for each service, by its type.
        request_timeout: Seconds for the work of one request.
        stream_timeout: Seconds that one stream of events may last.
        heartbeat: Seconds of silence on a stream before a comment is sent.
        stopping: Set when the server is about to stop.
    """

    clients: Mapping[type[Client], Client]
    request_timeout: float
    stream_timeout: float
    heartbeat: float
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, kind: type[C]) -> C:
        """Give the client of a service."""
        return cast("C", self.clients[kind])


def services_of(request: Request) -> Services:
    """Give the application's services."""
    services: Services = request.app.state.services
    return services


Wired = Annotated[Services, Depends(services_of)]
