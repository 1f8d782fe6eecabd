"""A fault's request as the catalogue writes it, ready to be sent: by tests, the demo's menu, the console's buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from faults.catalogue import Caller, Fault, Preparation

Token = Callable[[str], str]

_ITEM = {"sku": "book-1", "quantity": 2, "unit_price": {"amount_minor": 1999, "currency": "EUR"}}


class ScenarioError(RuntimeError):
    """What a fault's request needs could not be made; the message says what was answered instead."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that is ready to be sent, see `Scenario.prepare`.

    Attributes:
        tenant: Whom its token is for.
        method: The HTTP method.
        path: The path.
        headers: With the caller's token.
        json: The body; None for a request without one.
        leaves_after: Seconds after which the client hangs up; None for a client that stays.
    """

    tenant: str
    method: str
    path: str
    headers: Mapping[str, str]
    json: Any
    leaves_after: float | None = None


class Scenario:
    """Makes what the requests of faults need.

    Args:
        http: A client of the gateway.
        token: Makes a bearer token of a tenant.
        tenant: Whose requests they are.
    """

    def __init__(self, http: httpx.AsyncClient, token: Token, tenant: str) -> None:
        self._http = http
        self._token = token
        self._tenant = tenant

    async def prepare(self, fault: Fault, *, wrong: bool = True) -> Prepared:
        """Make what the fault's request needs, by ordinary requests, and give the request.

        Args:
            fault: The fault.
            wrong: With what its caller does wrong; False gives what a well-behaved caller would send.

        Raises:
            ScenarioError: One of the ordinary requests was refused.
            httpx.HTTPError: The gateway did not answer.
        """
        return self.request(fault, await self.make(fault), wrong=wrong)

    async def make(self, fault: Fault) -> dict[str, str]:
        """Make what the fault's request needs; give what the texts of a request may name. See `prepare`."""
        names: dict[str, str] = {}
        for each in fault.given:
            names |= await self._make(each)
        return names

    def request(self, fault: Fault, names: Mapping[str, str], *, wrong: bool = True) -> Prepared:
        """Give the fault's request, with what was made for it; see `prepare`."""
        names = {"unique": uuid4().hex, **names}
        caller = (fault.caller if wrong else None) or Caller()
        request = fault.request
        tenant = f"{self._tenant}-other" if caller.as_other_tenant else self._tenant
        headers = {
            "authorization": f"Bearer {self._token(tenant)}",
            **_lower(request.headers),
            **_lower(caller.headers),
        }
        return Prepared(
            tenant,
            request.method,
            _filled(request.path, names),
            _filled(headers, names),
            _filled(request.json if caller.json is None else caller.json, names),
            caller.leaves_after,
        )

    async def _make(self, what: Preparation) -> dict[str, str]:
        match what:
            case "user":
                return await self._user()
            case "order":
                return await self._order()
            case "cancelled-order":
                made = await self._order()
                await self._post(f"/v1/orders/{made['order']}/cancel", None, 200)
                return made
            case "ten-orders":
                made = await self._order()
                for _ in range(9):
                    await self._place(made["user"])
                return made

    async def _user(self) -> dict[str, str]:
        email = f"{uuid4().hex}@example.com"
        user = await self._post("/v1/users", {"email": email, "name": "Ada Lovelace"}, 201)
        return {"user": user["user_id"], "email": email}

    async def _order(self) -> dict[str, str]:
        made = await self._user()
        return made | await self._place(made["user"])

    async def _place(self, user: str) -> dict[str, str]:
        key = uuid4().hex
        order = await self._post("/v1/orders", {"user_id": user, "items": [_ITEM]}, 201, {"idempotency-key": key})
        return {"order": order["order_id"], "key": key}

    async def _post(
        self, path: str, body: object, status: int, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        token = {"authorization": f"Bearer {self._token(self._tenant)}"}
        answer = await self._http.post(path, json=body, headers={**token, **(headers or {})})
        if answer.status_code != status:
            raise ScenarioError(f"POST {path}: {answer.status_code}, expected {status}: {answer.text}")
        made: dict[str, Any] = answer.json()
        return made


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    """Put what was made in the place of its name, in all texts of a structure."""
    if isinstance(value, str):
        for name, made in names.items():
            value = value.replace("{" + name + "}", made)
        return value
    if isinstance(value, Mapping):
        return {key: _filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, names) for each in value]
    return value
