from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from grpc import StatusCode
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode as SpanStatus

from shop.order.v1 import order_pb2
from telemetry.http import ASGIApp


@pytest.fixture
def body(user_id: str) -> dict[str, Any]:
    item = {"sku": "TEAPOT-1", "quantity": 2, "unit_price": {"amount_minor": 1999, "currency": "EUR"}}
    return {"user_id": user_id, "items": [item]}


async def test_an_order_is_placed_and_can_be_found(
    client: httpx.AsyncClient, body: dict[str, Any], order_id: str
) -> None:
    response = await client.post("/v1/orders", json=body)

    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/orders/{order_id}"
    assert "idempotency-replayed" not in response.headers
    order = body | {
        "order_id": order_id,
        "total": {"amount_minor": 3998, "currency": "EUR"},
        "status": "placed",
        "version": 1,
        "create_time": "1970-01-01T00:00:01Z",
        "update_time": "1970-01-01T00:00:01Z",
    }
    assert response.json() == order
    assert (await client.get(response.headers["location"])).json() == order


async def test_the_callers_key_is_the_orders(
    client: httpx.AsyncClient, body: dict[str, Any], order_service: Any
) -> None:
    await client.post("/v1/orders", json=body, headers={"Idempotency-Key": "my-key"})

    assert order_service.calls[0].request.idempotency_key == "my-key"


async def test_without_a_key_each_order_gets_its_own(
    client: httpx.AsyncClient, body: dict[str, Any], order_service: Any
) -> None:
    await client.post("/v1/orders", json=body)
    await client.post("/v1/orders", json=body)

    first, second = (call.request.idempotency_key for call in order_service.calls)
    assert first != second
    assert min(len(first), len(second)) >= 32


async def test_a_replayed_order_says_so(
    client: httpx.AsyncClient, body: dict[str, Any], order_service: Any, make_order: Any, order_id: str
) -> None:
    order_service.answers["CreateOrder"] = order_pb2.CreateOrderResponse(order=make_order(), created=False)

    response = await client.post("/v1/orders", json=body, headers={"Idempotency-Key": "my-key"})

    assert (response.status_code, response.headers["idempotency-replayed"]) == (200, "true")
    assert response.headers["location"] == f"/v1/orders/{order_id}"


async def test_a_key_used_for_another_order_is_a_conflict(
    client: httpx.AsyncClient, body: dict[str, Any], order_service: Any
) -> None:
    order_service.answers["CreateOrder"] = StatusCode.ALREADY_EXISTS

    assert (await client.post("/v1/orders", json=body, headers={"Idempotency-Key": "my-key"})).status_code == 409


@pytest.mark.parametrize("key", [b"", b"a b", b"k" * 256, b"\xc3\xa9"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, body: dict[str, Any], key: bytes) -> None:
    response = await client.post("/v1/orders", json=body, headers=[(b"Idempotency-Key", key)])

    assert response.status_code == 422
    assert response.json()["errors"][0]["location"] == "header"
    assert response.json()["errors"][0]["pointer"] == "/idempotency-key"


async def test_a_user_who_is_not_there_is_told(
    client: httpx.AsyncClient, body: dict[str, Any], order_service: Any
) -> None:
    order_service.answers["CreateOrder"] = StatusCode.NOT_FOUND

    assert (await client.post("/v1/orders", json=body)).status_code == 404


async def test_orders_come_in_pages_of_one_user(client: httpx.AsyncClient, order_service: Any, user_id: str) -> None:
    response = await client.get("/v1/orders", params={"user_id": user_id, "limit": 5, "cursor": "here"})

    assert response.status_code == 200
    assert [order["user_id"] for order in response.json()["items"]] == [user_id]
    assert order_service.calls[0].request == order_pb2.ListOrdersRequest(
        user_id=user_id, page_size=5, page_token="here"
    )


async def test_an_order_is_cancelled(client: httpx.AsyncClient, order_service: Any, order_id: str) -> None:
    response = await client.post(f"/v1/orders/{order_id}/cancel")

    assert response.status_code == 200
    assert (response.json()["status"], response.json()["version"]) == ("cancelled", 2)
    assert order_service.calls[0].request.order_id == order_id


async def test_a_client_that_goes_away_cancels_the_order_services_work(  # noqa: PLR0913, PLR0917  fixtures
    app: ASGIApp, serve_app: Any, make_token: Any, order_service: Any, order_id: str, spans: InMemorySpanExporter
) -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def hang(_request: Any, _context: Any) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    order_service.answers["GetOrder"] = hang
    async with serve_app(app) as url, httpx.AsyncClient(base_url=url) as client:
        headers = {"Authorization": f"Bearer {make_token()}"}
        request = asyncio.create_task(client.get(f"/v1/orders/{order_id}", headers=headers))
        await started.wait()
        request.cancel()
        await asyncio.wait_for(cancelled.wait(), 1)

    call, server = spans.get_finished_spans()
    assert call.attributes is not None
    assert server.attributes is not None
    assert call.attributes["rpc.response.status_code"] == "CANCELLED"
    assert server.attributes["error.type"] == "cancelled"
    assert server.status.status_code is SpanStatus.UNSET
    assert "http.response.status_code" not in server.attributes
