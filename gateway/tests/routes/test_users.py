from __future__ import annotations

from typing import Any

import httpx
import pytest
from grpc import StatusCode

from shop.user.v1 import user_pb2


async def test_a_user_is_created_and_can_be_found(client: httpx.AsyncClient, user_id: str) -> None:
    response = await client.post("/v1/users", json={"email": "ada@example.com", "name": "Ada"})

    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/users/{user_id}"
    user = {"user_id": user_id, "email": "ada@example.com", "name": "Ada", "create_time": "1970-01-01T00:00:01Z"}
    assert response.json() == user
    assert (await client.get(response.headers["location"])).json() == user


async def test_an_address_that_is_taken_is_a_conflict(client: httpx.AsyncClient, user_service: Any) -> None:
    user_service.answers["CreateUser"] = StatusCode.ALREADY_EXISTS

    response = await client.post("/v1/users", json={"email": "ada@example.com", "name": "Ada"})

    assert response.status_code == 409
    assert "location" not in response.headers


async def test_users_come_in_pages(client: httpx.AsyncClient, user_service: Any, make_user: Any, user_id: str) -> None:
    user_service.answers["ListUsers"] = user_pb2.ListUsersResponse(users=[make_user()], next_page_token="next")

    response = await client.get("/v1/users", params={"limit": 1, "cursor": "here"})

    assert response.status_code == 200
    assert response.json()["next_cursor"] == "next"
    assert [user["user_id"] for user in response.json()["items"]] == [user_id]
    assert user_service.calls[0].request == user_pb2.ListUsersRequest(page_size=1, page_token="here")


async def test_a_page_has_20_users_unless_told_otherwise_and_the_last_no_cursor(
    client: httpx.AsyncClient, user_service: Any
) -> None:
    response = await client.get("/v1/users")

    assert response.json()["next_cursor"] is None
    assert user_service.calls[0].request.page_size == 20


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("?cursor=made-up", "cursor: expected the next_cursor of the page before, unchanged"),
        ("", "details of INVALID_ARGUMENT"),
    ],
)
async def test_a_cursor_that_the_service_refuses_is_told_so(
    client: httpx.AsyncClient, user_service: Any, query: str, detail: str
) -> None:
    user_service.answers["ListUsers"] = StatusCode.INVALID_ARGUMENT

    response = await client.get(f"/v1/users{query}")

    assert (response.status_code, response.json()["detail"]) == (422, detail)
