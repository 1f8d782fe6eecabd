"""Users through the edge, and what each request leaves."""

from __future__ import annotations

from uuid import uuid4

import pytest

from stack.e2e.expectations import USER_SERVICE, call, query, request
from stack.e2e.stacks import Shop
from tracetest import TracedClient, every, exactly, expect

ADA = {"email": "ada@example.com", "name": "Ada Lovelace"}


async def test_a_user_is_created(api: TracedClient, database: str, tenant: str) -> None:
    created = await api.post("/v1/users", json=ADA)

    user = created.answer(201)
    assert user == ADA | {"user_id": user["user_id"], "create_time": user["create_time"]}
    assert created.response.headers["location"] == f"/v1/users/{user['user_id']}"
    statement = query("user", "INSERT users", database)
    expect(
        await created.trace(),
        exactly(request("POST /v1/users", call("gateway", f"{USER_SERVICE}/CreateUser", statement), status=201)),
        every({"tenant.id": tenant}),
    )


async def test_and_given_back(api: TracedClient, database: str, tenant: str) -> None:
    user = (await api.post("/v1/users", json=ADA)).answer(201)

    given = await api.get(f"/v1/users/{user['user_id']}")

    assert given.answer() == user
    statement = query("user", "SELECT users", database)
    expect(
        await given.trace(),
        exactly(request("GET /v1/users/{user_id}", call("gateway", f"{USER_SERVICE}/GetUser", statement))),
        every({"tenant.id": tenant}),
    )


async def test_an_email_address_that_is_taken_is_a_conflict_and_no_fault_of_the_server(
    api: TracedClient, database: str, tenant: str
) -> None:
    (await api.post("/v1/users", json=ADA)).answer(201)

    refused = await api.post("/v1/users", json=ADA | {"name": "Another Ada"})

    assert "e-mail" in refused.answer(409)["detail"]
    statement = query("user", "INSERT users", database)
    create = call("gateway", f"{USER_SERVICE}/CreateUser", statement, code="ALREADY_EXISTS")
    expect(await refused.trace(), exactly(request("POST /v1/users", create, status=409)), every({"tenant.id": tenant}))


async def test_a_user_that_is_not_there_is_not_found_and_no_fault_of_the_server(
    api: TracedClient, database: str, tenant: str
) -> None:
    user_id = uuid4()

    asked = await api.get(f"/v1/users/{user_id}")

    problem = asked.answer(404)
    assert problem["detail"] == f"there is no user {user_id}"
    assert problem["trace_id"] == asked.context.trace_id
    get = call("gateway", f"{USER_SERVICE}/GetUser", query("user", "SELECT users", database), code="NOT_FOUND")
    expect(
        await asked.trace(), exactly(request("GET /v1/users/{user_id}", get, status=404)), every({"tenant.id": tenant})
    )


async def test_users_come_a_page_at_a_time_oldest_first(
    shop: Shop, api: TracedClient, database: str, tenant: str
) -> None:
    users = [await shop.user(f"user {n}") for n in range(5)]

    seen: list[str] = []
    cursor: dict[str, str] = {}
    for most in (2, 2, 1):
        page = await api.get("/v1/users", params={"limit": "2"} | cursor)
        body = page.answer()
        assert len(body["items"]) == most
        seen += [user["user_id"] for user in body["items"]]
        listing = call("gateway", f"{USER_SERVICE}/ListUsers", query("user", "SELECT users", database))
        expect(await page.trace(), exactly(request("GET /v1/users", listing)), every({"tenant.id": tenant}))
        cursor = {"cursor": str(body["next_cursor"])}

    assert seen == users
    assert cursor == {"cursor": "None"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**ADA, "email": "nobody"}, "/email"),
        ({**ADA, "name": ""}, "/name"),
        ({**ADA, "role": "admin"}, "/role"),
        ({"name": "Ada"}, "/email"),
    ],
)
async def test_what_is_no_user_stays_at_the_edge(
    api: TracedClient, tenant: str, body: dict[str, str], pointer: str
) -> None:
    refused = await api.post("/v1/users", json=body)

    assert [error["pointer"] for error in refused.answer(422)["errors"]] == [pointer]
    expect(await refused.trace(), exactly(request("POST /v1/users", status=422)), every({"tenant.id": tenant}))


async def test_a_cursor_that_nobody_made_is_refused(api: TracedClient) -> None:
    refused = await api.get("/v1/users", params={"cursor": "made-up"})

    assert "cursor" in refused.answer(422)["detail"]
