"""The services behind the edge, a line each; everything else about them is found from here."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from gateway.clients.base import Client
from gateway.clients.order import OrderClient
from gateway.clients.user import UserClient
from gateway.routes import orders, users


@dataclass(frozen=True, slots=True)
class Backend:
    """A service, and what leads to it.

    Attributes:
        client: Speaks with it.
        address: ``host:port`` where it serves, unless `variable` says something else.
        router: The routes that are its.
    """

    client: type[Client]
    address: str
    router: APIRouter

    @property
    def variable(self) -> str:
        """The environment variable that says where the service serves."""
        return f"{self.client.name.upper()}_SERVICE"


BACKENDS = (
    Backend(UserClient, "127.0.0.1:50051", users.router),
    Backend(OrderClient, "127.0.0.1:50052", orders.router),
)
