from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tracetest import Jaeger, TracedClient


@pytest.fixture
async def client(answers: Any) -> AsyncIterator[TracedClient]:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        headers = [
            (b"x-seen-traceparent", dict(scope["headers"]).get(b"traceparent", b"")),
            (b"x-trace-id", b"f" * 32),
        ]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"method": "%s"}' % scope["method"].encode()})

    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http,
        Jaeger(answers.url, api="legacy", poll=0.001) as jaeger,
    ):
        yield TracedClient(http, jaeger)


async def test_each_request_comes_from_a_context_of_its_own(client: TracedClient) -> None:
    exchanges = [await client.get("/v1/users"), await client.post("/v1/users", json={})]

    sent = [exchange.response.headers["x-seen-traceparent"] for exchange in exchanges]
    assert sent == [exchange.context.traceparent for exchange in exchanges]
    assert len(set(sent)) == 2
    assert [exchange.answer(201)["method"] for exchange in exchanges] == ["GET", "POST"]


async def test_a_header_of_the_test_wins(client: TracedClient) -> None:
    exchange = await client.get("/", headers={"traceparent": "mine"})

    assert exchange.response.headers["x-seen-traceparent"] == "mine"


async def test_an_answer_with_another_status_is_shown(client: TracedClient) -> None:
    exchange = await client.post("/v1/orders")

    with pytest.raises(AssertionError, match=r'POST /v1/orders: 201, expected 200: \{"method": "POST"\}'):
        exchange.answer(200)


async def test_the_trace_is_the_one_that_was_sent(client: TracedClient, answers: Any, document: Any) -> None:
    exchange = await client.get("/")
    answers.spans(document("aa", exchange.context.span_id))

    await exchange.trace()

    assert set(answers.asked) == {f"/api/traces/{exchange.context.trace_id}"}


async def test_or_the_one_that_the_server_began_and_told(client: TracedClient, answers: Any, document: Any) -> None:
    exchange = await client.get("/")
    answers.spans(document("aa"))

    await exchange.own_trace()

    assert set(answers.asked) == {f"/api/traces/{'f' * 32}"}


async def test_an_answer_may_be_read_as_it_comes(client: TracedClient) -> None:
    async with client.stream("GET", "/") as exchange:
        assert [line async for line in exchange.response.aiter_lines()] == ['{"method": "GET"}']

    assert exchange.response.headers["x-seen-traceparent"] == exchange.context.traceparent
