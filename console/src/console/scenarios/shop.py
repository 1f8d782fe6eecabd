"""The gateway as a caller sees it."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Self

import httpx

from faults.scenario import Prepared, Scenario, ScenarioError, Token

TRACE_ID = "x-trace-id"

_ANSWER_WITHIN = 15.0
_CONNECTIONS = 64
_ITEM = {"sku": "book-1", "quantity": 2, "unit_price": {"amount_minor": 1999, "currency": "EUR"}}


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a request.

    Attributes:
        status: of the answer; None when there was none.
        problem: why there was none.
        trace_id: of the request, as the answer names it, else as it was sent.
        seconds: until then.
    """

    status: int | None
    problem: str
    trace_id: str
    seconds: float


class Shop:
    """Sends requests to the gateway; a context manager for its connections.

    Args:
        gateway_url: such as ``http://127.0.0.1:8000``.
        token: makes the bearer token of a tenant, with the scope that lets the caller's trace go on.
        transport: carries the requests; by TCP by default.
    """

    def __init__(self, gateway_url: str, token: Token, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.token = token
        self.http = httpx.AsyncClient(
            base_url=gateway_url,
            timeout=_ANSWER_WITHIN,
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            transport=transport,
            trust_env=False,  # no proxy stands before this machine's own services
        )
        self._users: dict[str, str] = {}
        self._making = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.http.aclose()

    def scenario(self, tenant: str) -> Scenario:
        """Give what prepares the requests of the catalogue for a tenant."""
        return Scenario(self.http, self.token, tenant)

    async def order(self, tenant: str) -> Answered:
        """Place an order for the tenant's one customer, who is made when there is none yet.

        Raises:
            faults.scenario.ScenarioError: the customer could not be made.
            httpx.HTTPError: nobody answered when he was to be made.
        """
        async with self._making:
            if tenant not in self._users:
                self._users[tenant] = await self._make_user(tenant)
        body = {"user_id": self._users[tenant], "items": [_ITEM]}
        headers = {**self._authorization(tenant), "idempotency-key": secrets.token_hex(16)}
        return await self.send(Prepared(tenant, "POST", "/v1/orders", headers, body))

    async def send(self, prepared: Prepared) -> Answered:
        """Send a request in a trace of its own, and hang up when its caller does."""
        trace_id = secrets.token_hex(16)
        headers = {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01", **prepared.headers}
        request = self.http.build_request(prepared.method, prepared.path, headers=headers, json=prepared.json)
        began = perf_counter()
        try:
            async with asyncio.timeout(prepared.leaves_after):
                answer = await self.http.send(request)
        except TimeoutError:
            return Answered(None, "hung up", trace_id, perf_counter() - began)
        except httpx.HTTPError as error:
            return Answered(None, f"{type(error).__name__}: {error}", trace_id, perf_counter() - began)
        return Answered(answer.status_code, "", answer.headers.get(TRACE_ID, trace_id), perf_counter() - began)

    async def _make_user(self, tenant: str) -> str:
        body = {"email": f"{secrets.token_hex(8)}@example.com", "name": "Ada Lovelace"}
        answer = await self.http.post("/v1/users", json=body, headers=self._authorization(tenant))
        if not answer.is_success:
            raise ScenarioError(f"POST /v1/users: {answer.status_code}")
        made: str = answer.json()["user_id"]
        return made

    def _authorization(self, tenant: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token(tenant)}"}
