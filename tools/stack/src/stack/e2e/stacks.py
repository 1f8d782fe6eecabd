"""The stack as the end-to-end tests see it, the same for processes and for containers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol
from uuid import uuid4

from gateway.settings import TokenSettings
from gateway.token import make_token
from stack.compose.project import ComposeStack
from stack.local import LocalStack
from stack.services import services
from stack.trace_stores import TraceStore
from telemetry import Secret
from tracetest import Exchange, TracedClient

ITEM = {"sku": "book-1", "quantity": 2, "unit_price": {"amount_minor": 1999, "currency": "EUR"}}


def _programs() -> tuple[str, ...]:
    return (*(service.name for service in services()), "gateway")


class Edge(Protocol):
    """The way into a stack that runs, wherever it does.

    Attributes:
        gateway_url: Where the gateway answers.
        database: What its spans call the database, such as "sqlite".
    """

    @property
    def gateway_url(self) -> str: ...  # noqa: D102  see above

    @property
    def database(self) -> str: ...  # noqa: D102

    def token(self, tenant: str, scope: str = "") -> str:
        """Make a bearer token; the scope "trace" lets the caller's trace go on."""


class Stack(Edge, Protocol):
    """A stack whose parts can be ended. The methods block: a test calls them in a thread.

    Attributes:
        query_url: Where Jaeger answers.
        parts: What can be ended and started again.
    """

    @property
    def query_url(self) -> str: ...  # noqa: D102  see above

    @property
    def parts(self) -> Sequence[str]: ...  # noqa: D102

    def kill(self, part: str) -> None:
        """End one part at once (SIGKILL); it stays down until `start`."""

    def terminate(self, part: str) -> tuple[int, float]:
        """Ask one part to end (SIGTERM); give its exit code and the seconds that it took."""

    def start(self, part: str) -> None:
        """Start one part again, and nothing else; returns when it can do its work."""

    def log(self, part: str) -> str:
        """Give what a part has printed of late."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The services as processes on SQLite, with a Jaeger or what stands for it beside them."""

    local: LocalStack
    jaeger: TraceStore
    database = "sqlite"

    @property
    def gateway_url(self) -> str:
        """Where the gateway answers."""
        return self.local.gateway_url

    @property
    def query_url(self) -> str:
        """Where Jaeger answers."""
        return self.jaeger.query_url

    @property
    def parts(self) -> Sequence[str]:
        """What can be ended; a Jaeger that somebody else runs is not ours to end."""
        return (*_programs(), "jaeger") if self.jaeger.is_ours else _programs()

    def token(self, tenant: str, scope: str = "") -> str:
        """Make a bearer token."""
        return self.local.token(tenant, scope)

    def kill(self, part: str) -> None:
        """End one part at once."""
        self.jaeger.kill() if part == "jaeger" else self.local.kill(part)

    def terminate(self, part: str) -> tuple[int, float]:
        """Ask one service to end."""
        return self.local.terminate(part)

    def start(self, part: str) -> None:
        """Start one part again."""
        self.jaeger.start() if part == "jaeger" else self.local.start(part)

    def log(self, part: str) -> str:
        """Give all that a service has printed."""
        return self.local.log(part)


@dataclass(frozen=True)
class Containers:
    """The services in containers on PostgreSQL, with a collector before Jaeger.

    Args:
        compose: The containers.
        collector: The service that is the part "collector": each profile has its own.
    """

    compose: ComposeStack
    collector: str = "collector"
    database = "postgresql"

    @property
    def gateway_url(self) -> str:
        """Where the gateway answers."""
        return self.compose.gateway_url

    @property
    def query_url(self) -> str:
        """Where Jaeger answers."""
        return self.compose.jaeger_url

    @property
    def parts(self) -> Sequence[str]:
        """What can be ended."""
        return (*_programs(), "postgres", "collector", "jaeger")

    def token(self, tenant: str, scope: str = "") -> str:
        """Make a bearer token with the key that the gateway's container has."""
        return make_token(TokenSettings(key=self._key), tenant, subject="developer", scope=scope)

    def kill(self, part: str) -> None:
        """End one container at once."""
        self.compose.kill(self._service(part))

    def terminate(self, part: str) -> tuple[int, float]:
        """Ask one container to end."""
        return self.compose.terminate(self._service(part))

    def start(self, part: str) -> None:
        """Start one container again."""
        self.compose.start(self._service(part))

    def log(self, part: str) -> str:
        """Give the last lines that a container has printed."""
        return self.compose.logs(self._service(part), tail=1000)

    def _service(self, part: str) -> str:
        return self.collector if part == "collector" else part

    @cached_property
    def _key(self) -> Secret:
        return Secret(self.compose.secret("gateway", "jwt-key"))


@dataclass(frozen=True, slots=True)
class Shop:
    """What most tests begin with: a user, and orders.

    Args:
        api: Whose requests they are.
    """

    api: TracedClient

    async def user(self, name: str = "Ada Lovelace") -> str:
        """Create a user; give the id."""
        created = await self.api.post("/v1/users", json={"email": f"{uuid4().hex}@example.com", "name": name})
        return str(created.answer(201)["user_id"])

    async def order(
        self, user_id: str, *, key: str | None = None, items: Sequence[object] = (ITEM,), **headers: str
    ) -> Exchange:
        """Ask for an order, under a key or without one."""
        with_key = headers if key is None else {"Idempotency-Key": key, **headers}
        return await self.api.post("/v1/orders", json={"user_id": user_id, "items": list(items)}, headers=with_key)

    async def placed(self, user_id: str | None = None) -> str:
        """Place an order, for a new user if none is given; give its id."""
        ordered = await self.order(user_id or await self.user())
        return str(ordered.answer(201)["order_id"])
