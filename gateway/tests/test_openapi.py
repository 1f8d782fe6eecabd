from __future__ import annotations

from typing import Any

import httpx
import pytest


@pytest.fixture
async def schema(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


async def test_the_documentation_shows_the_interface(client: httpx.AsyncClient) -> None:
    response = await client.get("/docs")

    assert response.status_code == 200
    assert "/openapi.json" in response.text


async def test_every_route_is_described(schema: dict[str, Any]) -> None:
    assert {(method, path) for path, methods in schema["paths"].items() for method in methods} >= {
        ("post", "/v1/users"),
        ("get", "/v1/users"),
        ("get", "/v1/users/{user_id}"),
        ("post", "/v1/orders"),
        ("get", "/v1/orders"),
        ("get", "/v1/orders/{order_id}"),
        ("post", "/v1/orders/{order_id}/cancel"),
        ("get", "/v1/orders/{order_id}/events"),
        ("get", "/livez"),
        ("get", "/readyz"),
    }


async def test_failures_are_described_as_problems(schema: dict[str, Any]) -> None:
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    failures = [
        response["content"]
        for operation in operations
        for status, response in operation["responses"].items()
        if int(status) >= 400
    ]

    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert failures
    assert all(each == problem for each in failures)


async def test_the_interface_asks_for_a_bearer_token(schema: dict[str, Any]) -> None:
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            assert operation.get("security") == ([{"bearer": []}] if path.startswith("/v1/") else None)


async def test_the_stream_of_events_is_described_as_one(schema: dict[str, Any]) -> None:
    described = schema["paths"]["/v1/orders/{order_id}/events"]["get"]["responses"]

    assert list(described["200"]["content"]) == ["text/event-stream"]
