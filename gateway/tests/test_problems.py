from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from dirty_equals import IsStr
from grpc import StatusCode
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode as SpanStatus

from gateway import domain
from gateway.problems import KINDS, render
from shop.order.v1 import order_pb2

ORDER_DOWN = "the order service or something that it needs is not available"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (StatusCode.INVALID_ARGUMENT, (422, "Invalid input", "details of INVALID_ARGUMENT")),
        (StatusCode.OUT_OF_RANGE, (422, "Invalid input", "details of OUT_OF_RANGE")),
        (StatusCode.NOT_FOUND, (404, "Not found", "details of NOT_FOUND")),
        (StatusCode.ALREADY_EXISTS, (409, "Conflict", "details of ALREADY_EXISTS")),
        (StatusCode.FAILED_PRECONDITION, (409, "Conflict", "details of FAILED_PRECONDITION")),
        (StatusCode.ABORTED, (409, "Conflict", "details of ABORTED")),
        (StatusCode.PERMISSION_DENIED, (403, "Forbidden", "details of PERMISSION_DENIED")),
        (StatusCode.RESOURCE_EXHAUSTED, (429, "Too many requests", "the order service has too much to do")),
        (StatusCode.UNAVAILABLE, (503, "Service unavailable", ORDER_DOWN)),
        (StatusCode.CANCELLED, (503, "Service unavailable", ORDER_DOWN)),
        (StatusCode.DEADLINE_EXCEEDED, (504, "Service timeout", "the order service did not answer in time")),
        (StatusCode.INTERNAL, (502, "Service failed", "the order service failed")),
        (StatusCode.UNKNOWN, (502, "Service failed", "the order service failed")),
        (StatusCode.DATA_LOSS, (502, "Service failed", "the order service failed")),
        (StatusCode.UNIMPLEMENTED, (502, "Service failed", "the order service failed")),
        (StatusCode.UNAUTHENTICATED, (502, "Service failed", "the order service failed")),
    ],
)
async def test_every_code_of_a_service_has_its_problem(
    client: httpx.AsyncClient, order_service: Any, order_id: str, code: StatusCode, expected: tuple[int, str, str]
) -> None:
    status, title, detail = expected
    order_service.answers["GetOrder"] = code

    response = await client.get(f"/v1/orders/{order_id}")

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers.get("retry-after") == ("1" if status in {429, 503, 504} else None)
    assert response.json() == {
        "type": "urn:throughline:problem:" + title.lower().replace(" ", "-"),
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"/v1/orders/{order_id}",
        "trace_id": response.headers["x-trace-id"],
    }


def test_every_error_of_the_domain_has_its_kind() -> None:
    def leaves(kind: type[Exception]) -> set[type[Exception]]:
        below = [leaves(each) for each in kind.__subclasses__()]
        return {kind}.union(*below)

    without = {each for each in leaves(domain.GatewayError) if not any(base in KINDS for base in each.__mro__)}
    assert without == {domain.GatewayError, domain.ServiceError}


@pytest.mark.parametrize(
    ("request_line", "media_type", "content", "expected"),
    [
        ("GET /nothing", "", b"", (404, "there is nothing at this path")),
        ("GET /v1/users/", "", b"", (404, "there is nothing at this path")),
        ("DELETE /v1/users", "", b"", (405, "this path does not take this method")),
        ("POST /v1/users", "text/plain", b"x", (415, "the body must be of type application/json")),
        ("POST /v1/users", "", b"{}", (415, "the body must be of type application/json")),
        ("POST /v1/users", "application/json", b"{", (400, IsStr(regex="the body is not JSON: .*"))),
        ("POST /v1/users", "application/json", b"\xff", (400, "the body is not JSON in UTF-8")),
        ("POST /v1/users", "application/json", b"", (422, "body : Field required")),
    ],
)
async def test_what_http_refuses_is_a_problem_too(
    client: httpx.AsyncClient, request_line: str, media_type: str, content: bytes, expected: tuple[int, Any]
) -> None:
    method, path = request_line.split()
    status, detail = expected

    response = await client.request(method, path, headers={"content-type": media_type}, content=content)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["detail"], body["instance"]) == (status, detail, path)
    assert body["trace_id"] == response.headers["x-trace-id"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/users", "GET, POST"), ("/v1/orders/x/cancel", "POST"), ("/livez", "GET"), ("/docs", "GET")],
)
async def test_a_refused_method_is_told_the_allowed_ones(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    response = await client.put(path)

    assert response.status_code == 405
    assert response.headers["allow"] == allowed


async def test_a_bug_is_a_problem_that_says_nothing_of_the_inside(
    client: httpx.AsyncClient,
    order_id: str,
    spans: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_order: order_pb2.Order) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("gateway.clients.order._order", fail)

    response = await client.get(f"/v1/orders/{order_id}")

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"] == "Internal error"
    assert response.json()["trace_id"] == response.headers["x-trace-id"]
    assert "hunter2" not in response.text
    server = spans.get_finished_spans()[-1]
    assert server.status.status_code is SpanStatus.ERROR
    assert [event.name for event in server.events] == ["exception"]


async def test_an_answer_that_makes_no_sense_is_the_services_failure(
    client: httpx.AsyncClient, order_service: Any, order_id: str, make_order: Any
) -> None:
    order_service.answers["GetOrder"] = order_pb2.GetOrderResponse(order=make_order(status=7))

    response = await client.get(f"/v1/orders/{order_id}")

    assert (response.status_code, response.json()["detail"]) == (502, "the order service failed")


async def test_what_is_wrong_is_told_place_by_place(client: httpx.AsyncClient, user_id: str) -> None:
    item = {"sku": "A", "quantity": 0, "unit_price": {"amount_minor": 1.5, "currency": "EUR"}}
    response = await client.post("/v1/orders", json={"user_id": user_id, "items": [item], "a/b~c": 1})

    assert response.status_code == 422
    body = response.json()
    assert body["errors"] == [
        {"location": "body", "pointer": "/items/0/quantity", "detail": "Input should be greater than or equal to 1"},
        {
            "location": "body",
            "pointer": "/items/0/unit_price/amount_minor",
            "detail": "Input should be a valid integer",
        },
        {"location": "body", "pointer": "/a~1b~0c", "detail": "Extra inputs are not permitted"},
    ]
    assert body["detail"].startswith("body /items/0/quantity: Input should be greater than or equal to 1; body /items")


async def test_a_flood_of_mistakes_is_cut_short(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/users", json={"x" * 1000 + str(number): 1 for number in range(100)})

    assert response.status_code == 422
    assert len(response.json()["errors"]) == 20
    assert response.json()["detail"].endswith("; and 99 more")
    assert len(response.content) < 10_000


def test_half_a_surrogate_pair_can_be_told() -> None:
    assert json.loads(render({"detail": "\ud800"})) == {"detail": "?"}
