"""What is prepared and sent for a fault's request, to a gateway that keeps what it is asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from faults.catalogue import load
from faults.scenario import Scenario, ScenarioError


class Gateway:
    """Answers as the gateway does, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.status: int | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.status is not None:
            return httpx.Response(self.status, json={"title": "refused"})
        if request.url.path == "/v1/users":
            return httpx.Response(201, json={"user_id": f"user-{len(self.requests)}"})
        if request.url.path.endswith("/cancel"):
            return httpx.Response(200, json={})
        return httpx.Response(201, json={"order_id": f"order-{len(self.requests)}"})


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
async def scenario(gateway: Gateway) -> AsyncIterator[Scenario]:
    async with httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(gateway)) as http:
        yield Scenario(http, lambda tenant: f"token-of-{tenant}", "acme")


async def test_what_is_needed_is_made_by_ordinary_requests(scenario: Scenario, gateway: Gateway) -> None:
    prepared = await scenario.prepare(load().get("stream-broken"))

    asked = [(request.method, request.url.path) for request in gateway.requests]
    assert asked == [("POST", "/v1/users"), ("POST", "/v1/orders"), ("POST", "/v1/orders/order-2/cancel")]
    assert {request.headers["authorization"] for request in gateway.requests} == {"Bearer token-of-acme"}
    assert (prepared.method, prepared.path, prepared.json) == ("GET", "/v1/orders/order-2/events", None)


async def test_what_the_caller_does_wrong_is_in_the_request_and_otherwise_not(scenario: Scenario) -> None:
    fault = load().get("user-not-found")

    wrong, right = await scenario.prepare(fault), await scenario.prepare(fault, wrong=False)

    assert UUID(wrong.json["user_id"]).variant is not None
    assert right.json["user_id"] == "user-2"
    assert wrong.json["items"] == right.json["items"]


async def test_another_tenant_s_token_is_told(scenario: Scenario) -> None:
    prepared = await scenario.prepare(load().get("wrong-tenant"))

    assert prepared.tenant == "acme-other"
    assert prepared.headers["authorization"] == "Bearer token-of-acme-other"


async def test_headers_of_the_caller_win(scenario: Scenario) -> None:
    prepared = await scenario.prepare(load().get("bad-token"))

    assert prepared.headers["authorization"] == "Bearer nonsense"


async def test_the_second_request_has_the_key_of_the_first(scenario: Scenario, gateway: Gateway) -> None:
    fault = load().get("duplicate-request")

    again, other = await scenario.prepare(fault), await scenario.prepare(fault, wrong=False)

    keys = [request.headers.get("idempotency-key") for request in gateway.requests]
    assert again.headers["idempotency-key"] == keys[1]
    assert other.headers["idempotency-key"] not in keys
    assert again.json == {"user_id": "user-1", "items": json.loads(gateway.requests[1].content)["items"]}


async def test_ten_orders_are_ten(scenario: Scenario, gateway: Gateway) -> None:
    await scenario.prepare(load().get("n-plus-one"))

    assert [request.url.path for request in gateway.requests] == ["/v1/users", *["/v1/orders"] * 10]


@pytest.mark.parametrize("fault_id", load().ids)
async def test_no_name_is_left_open(scenario: Scenario, fault_id: str) -> None:
    for wrong in (True, False):
        prepared = await scenario.prepare(load().get(fault_id), wrong=wrong)

        assert "{" not in f"{prepared.path} {' '.join(prepared.headers.values())}"
        assert '"{' not in json.dumps(prepared.json)


async def test_a_refusal_is_told(scenario: Scenario, gateway: Gateway) -> None:
    gateway.status = 503

    with pytest.raises(ScenarioError, match=r'^POST /v1/users: 503, expected 201: \{"title":"refused"\}$'):
        await scenario.prepare(load().get("user-slow"))
