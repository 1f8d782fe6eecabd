from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from gateway.schemas import INT64_MAX

MakeBody = Callable[..., dict[str, Any]]

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fuzz = hypothesis.settings(
    max_examples=60, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def make_body(user_id: str) -> MakeBody:
    def make(price: dict[str, Any] | None = None, item: dict[str, Any] | None = None, **order: Any) -> dict[str, Any]:
        unit_price = {"amount_minor": 1999, "currency": "EUR"} | (price or {})
        items = [{"sku": "TEAPOT-1", "quantity": 2, "unit_price": unit_price} | (item or {})]
        return {"user_id": user_id, "items": items} | order

    return make


@pytest.mark.parametrize("amount", [0, 1999, INT64_MAX])
async def test_an_amount_is_any_whole_number_of_64_bits(
    client: httpx.AsyncClient, make_body: MakeBody, order_service: Any, amount: int
) -> None:
    response = await client.post("/v1/orders", json=make_body({"amount_minor": amount}))

    assert response.status_code == 201
    assert order_service.calls[0].request.items[0].unit_price.amount_minor == amount


BAD_VALUES: dict[str, list[Any]] = {
    "/items/0/unit_price/amount_minor": [1.0, 19.99, True, "1999", None, -1, INT64_MAX + 1, 10**400],
    "/items/0/unit_price/currency": ["eur", "EURO", "EUR\n", 978, ""],
    "/items/0/unit_price/note": [1],
    "/items/0/quantity": [0, 1001, 1.0, True, "2"],
    "/items/0/sku": ["", "a b", "x" * 65, "tee\u00e9", "a\n", 1],
    "/items/0/note": [1],
    "/items": [[], {}, None, "x", [1] * 101],
    "/user_id": ["", "x", "{00000000-0000-4000-8000-000000000001}", "urn:uuid:00000000-0000-4000-8000-000000000001", 1],
    "/note": ["hello"],
}


@pytest.mark.parametrize(("pointer", "value"), [(where, each) for where, bad in BAD_VALUES.items() for each in bad])
async def test_an_order_with_a_mistake_is_refused_at_its_place(
    client: httpx.AsyncClient, make_body: MakeBody, order_service: Any, pointer: str, value: Any
) -> None:
    where, _, name = pointer.rpartition("/")
    part = {"/items/0/unit_price": "price", "/items/0": "item"}.get(where)

    response = await client.post("/v1/orders", json=make_body(**{part: {name: value}} if part else {name: value}))

    assert response.status_code == 422
    assert pointer in [each["pointer"] for each in response.json()["errors"]]
    assert order_service.calls == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "ada", "name": "Ada"}, "/email"),
        ({"email": "a@b@c", "name": "Ada"}, "/email"),
        ({"email": "ada@example.com\n", "name": "Ada"}, "/email"),
        ({"email": "a" * 250 + "@b.cd", "name": "Ada"}, "/email"),
        ({"email": "ada@example.com", "name": ""}, "/name"),
        ({"email": "ada@example.com", "name": "A\u0000da"}, "/name"),
        ({"email": "ada@example.com", "name": "x" * 201}, "/name"),
        ({"email": "ada@example.com", "name": "Ada", "admin": True}, "/admin"),
    ],
)
async def test_a_user_with_a_mistake_is_refused_at_its_place(
    client: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    response = await client.post("/v1/users", json=body)

    assert response.status_code == 422
    assert [each["pointer"] for each in response.json()["errors"]] == [pointer]


async def test_an_id_in_capitals_is_told_what_an_id_looks_like(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/users/3F1C1A52-6F3B-4C7E-9B61-0D7A3A1D1F10")

    assert response.status_code == 422
    assert response.json()["detail"].startswith("path /user_id: Input should be a UUID in lower case, such as ")


@fuzz
@hypothesis.given(body=junk)
async def test_whatever_the_json_it_is_never_a_server_error(client: httpx.AsyncClient, body: object) -> None:
    for path in ("/v1/users", "/v1/orders"):
        response = await client.post(
            path, content=json.dumps(body).encode(), headers={"content-type": "application/json"}
        )
        assert response.status_code == 422
        assert response.json()["errors"]


@fuzz
@hypothesis.given(body=st.binary(max_size=64))
async def test_whatever_the_bytes_they_are_never_a_server_error(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/v1/orders", content=body, headers={"content-type": "application/json"})

    assert response.status_code in {400, 422}
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"9" * 5000, b'"\\ud800"', b'{"\\ud800": 1}', b'{"name": NaN}', b"\xff\xfe"]
)
async def test_json_made_to_break_parsers_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/v1/orders", content=body, headers={"content-type": "application/json"})

    assert response.status_code in {400, 422}
    assert response.json()["trace_id"] == response.headers["x-trace-id"]


@fuzz
@hypothesis.given(text=st.text(min_size=1, max_size=40))
async def test_whatever_the_id_the_cursor_or_the_limit_it_is_never_a_server_error(
    client: httpx.AsyncClient, text: str
) -> None:
    responses = [
        await client.get("/v1/users", params={"cursor": text}),
        await client.get("/v1/orders", params={"limit": text}),
        await client.get("/v1/orders", params={"user_id": text}),
        await client.get(f"/v1/orders/{httpx.QueryParams(x=text)}"[:200].replace("x=", "", 1)),
    ]

    assert all(response.status_code < 500 for response in responses)
    assert responses[2].status_code == 422


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=x", "/limit"),
        ("cursor=", "/cursor"),
        ("cursor=a%20b", "/cursor"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(client: httpx.AsyncClient, query: str, pointer: str) -> None:
    response = await client.get(f"/v1/users?{query}")

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
