from __future__ import annotations

from typing import Any

import httpx
import pytest


@pytest.mark.parametrize(
    ("path", "pointer", "detail"),
    [
        ("/v1/users?offset=1", "/offset", "There is no such parameter: expected cursor, limit"),
        ("/v1/orders?limit=1&limit=2", "/limit", "The parameter is given more than once"),
        ("/v1/orders?user=1", "/user", "There is no such parameter: expected cursor, limit, user_id"),
        ("/v1/orders/x?limit=1", "/limit", "There is no such parameter: expected none"),
    ],
)
async def test_a_query_that_nobody_asked_for_is_refused(
    client: httpx.AsyncClient, path: str, pointer: str, detail: str
) -> None:
    response = await client.get(path)

    assert response.status_code == 422
    assert response.json()["errors"] == [{"location": "query", "pointer": pointer, "detail": detail}]


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=utf-8", "application/vnd.x+json"]
)
async def test_json_by_any_name_is_taken(client: httpx.AsyncClient, media_type: str) -> None:
    body = b'{"email": "ada@example.com", "name": "Ada"}'

    response = await client.post("/v1/users", content=body, headers={"content-type": media_type})

    assert response.status_code == 201


async def test_the_services_are_told_how_much_time_is_left(client: httpx.AsyncClient, user_service: Any) -> None:
    await client.get("/v1/users")

    assert 1.0 < user_service.calls[0].time_remaining <= 2.1
