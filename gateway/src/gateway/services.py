"""What the routes work with, kept in the application's state by `app.build_app`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from gateway.clients import OrderClient, UserClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services behind the edge, and the limits of a request.

    Attributes:
        users: The user service.
        orders: The order service.
        request_timeout: Seconds for the work of one request.
        stream_timeout: Seconds that one stream of events may last.
        heartbeat: Seconds of silence on a stream before a comment is sent.
        stopping: Set when the server is about to stop.
    """

    users: UserClient
    orders: OrderClient
    request_timeout: float
    stream_timeout: float
    heartbeat: float
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def services_of(request: Request) -> Services:
    """Give the application's services."""
    services: Services = request.app.state.services
    return services


Wired = Annotated[Services, Depends(services_of)]
