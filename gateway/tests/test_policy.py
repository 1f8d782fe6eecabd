from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_trace_id

from gateway.settings import Settings, TokenSettings

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"

MakeToken = Callable[..., str]


async def test_the_services_are_told_the_tokens_tenant(client: httpx.AsyncClient, user_service: Any) -> None:
    await client.get("/v1/users")

    metadata = user_service.calls[0].metadata
    assert (metadata["x-tenant-id"], metadata["baggage"]) == ("acme", "tenant.id=acme")


async def test_a_forged_tenant_is_ignored(client: httpx.AsyncClient, user_service: Any) -> None:
    await client.get("/v1/users", headers={"x-tenant-id": "evil", "baggage": "tenant.id=evil", "tenant": "evil"})

    metadata = user_service.calls[0].metadata
    assert metadata["x-tenant-id"] == "acme"
    assert "evil" not in str(metadata)


@pytest.mark.parametrize("scope", ["", "trace"])
async def test_a_forged_tenant_reaches_neither_a_span_nor_a_service(
    client: httpx.AsyncClient,
    spans: InMemorySpanExporter,
    user_service: Any,
    make_token: MakeToken,
    scope: str,
) -> None:
    forged = {
        "x-tenant-id": "evil",
        "baggage": "tenant.id=evil,tenant=evil",
        "tracestate": "tenant=evil",
        "traceparent": TRACEPARENT,
        "grpc-metadata-x-tenant-id": "evil",
    }
    await client.get("/v1/users", headers={**forged, "Authorization": f"Bearer {make_token(scope=scope)}"})

    metadata = user_service.calls[0].metadata
    assert metadata["x-tenant-id"] == "acme"
    assert metadata["baggage"] == "tenant.id=acme"
    for span in spans.get_finished_spans():
        assert span.attributes is not None
        assert span.attributes["tenant.id"] == "acme"
        assert "evil" not in str([span.attributes, span.events, [link.attributes for link in span.links]])


async def test_a_request_leaves_one_server_span_with_its_tenant(
    client: httpx.AsyncClient, spans: InMemorySpanExporter, user_id: str
) -> None:
    response = await client.get(f"/v1/users/{user_id}")

    call, server = spans.get_finished_spans()
    assert (server.name, server.kind) == ("GET /v1/users/{user_id}", SpanKind.SERVER)
    assert (call.name, call.kind) == ("shop.user.v1.UserService/GetUser", SpanKind.CLIENT)
    assert call.parent == server.context
    assert server.attributes is not None
    assert call.attributes is not None
    assert server.attributes["tenant.id"] == call.attributes["tenant.id"] == "acme"
    assert server.attributes["http.response.status_code"] == 200
    assert server.context is not None
    assert response.headers["x-trace-id"] == format_trace_id(server.context.trace_id)


async def test_a_strangers_trace_becomes_a_link(client: httpx.AsyncClient, spans: InMemorySpanExporter) -> None:
    response = await client.get("/v1/users", headers={"traceparent": TRACEPARENT})

    assert response.headers["x-trace-id"] != TRACE_ID
    server = spans.get_finished_spans()[-1]
    assert [format_trace_id(link.context.trace_id) for link in server.links] == [TRACE_ID]


async def test_the_trace_of_a_trusted_caller_goes_on(
    client: httpx.AsyncClient, spans: InMemorySpanExporter, make_token: MakeToken
) -> None:
    headers = {"traceparent": TRACEPARENT, "Authorization": f"Bearer {make_token(scope='x trace')}"}
    response = await client.get("/v1/users", headers=headers)

    assert response.headers["x-trace-id"] == TRACE_ID
    assert {format_trace_id(span.context.trace_id) for span in spans.get_finished_spans() if span.context} == {TRACE_ID}


@pytest.mark.parametrize("claims", [{"scope": "tracing"}, {"scope": "trace", "exp": 1}])
async def test_a_token_without_the_scope_or_a_bad_one_does_not_carry_a_trace_on(
    client: httpx.AsyncClient, make_token: MakeToken, claims: dict[str, Any]
) -> None:
    headers = {"traceparent": TRACEPARENT, "Authorization": f"Bearer {make_token(**claims)}"}

    assert (await client.get("/v1/users", headers=headers)).headers["x-trace-id"] != TRACE_ID


async def test_without_a_token_every_route_of_the_interface_is_closed(
    client: httpx.AsyncClient, user_service: Any, order_service: Any, order_id: str
) -> None:
    del client.headers["Authorization"]

    for method, path in [
        ("POST", "/v1/users"),
        ("GET", "/v1/users/x"),
        ("GET", "/v1/users"),
        ("POST", "/v1/orders"),
        ("GET", "/v1/orders/x"),
        ("GET", "/v1/orders?unknown=1"),
        ("POST", f"/v1/orders/{order_id}/cancel"),
        ("GET", f"/v1/orders/{order_id}/events"),
    ]:
        response = await client.request(method, path, content=b"{")
        assert response.status_code == 401, path
        assert response.headers["www-authenticate"] == 'Bearer realm="throughline"'
        assert response.json()["title"] == "Unauthenticated"
    assert user_service.calls == order_service.calls == []


async def test_a_bad_token_is_told_why(client: httpx.AsyncClient, make_token: MakeToken) -> None:
    response = await client.get("/v1/users", headers={"Authorization": f"Bearer {make_token(exp=1)}"})

    assert response.status_code == 401
    assert response.json()["detail"] == "the token has expired"
    assert response.headers["www-authenticate"] == (
        'Bearer realm="throughline", error="invalid_token", error_description="the token has expired"'
    )


async def test_health_and_documentation_need_no_token(client: httpx.AsyncClient) -> None:
    for path in ("/livez", "/readyz", "/docs", "/openapi.json"):
        assert (await client.get(path, headers={"Authorization": "Bearer junk"})).status_code == 200, path


async def test_tokens_are_never_logged(
    client: httpx.AsyncClient, make_token: MakeToken, order_service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_request: Any, _context: Any) -> None:
        raise RuntimeError

    order_service.answers["ListOrders"] = fail
    bad = make_token(exp=1)
    with caplog.at_level(logging.DEBUG):
        await client.get("/v1/users")
        await client.get("/v1/orders")
        await client.get("/v1/users", headers={"Authorization": f"Bearer {bad}"})
        await client.get(f"/v1/users?access_token={bad}")

    good = client.headers["Authorization"].split()[1]
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("gateway"))
    assert "GET /v1/users 401" in ours
    for token in (good, bad):
        assert token not in ours
        assert token.rpartition(".")[2] not in ours


class TestKeysOutOfReach:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, tokens=TokenSettings(jwks_url="http://127.0.0.1:9/keys"))

    async def test_a_caller_who_cannot_be_known_is_asked_to_try_again(
        self, client: httpx.AsyncClient, make_token: MakeToken
    ) -> None:
        token = make_token(key=rsa.generate_private_key(65537, 2048), algorithm="RS256", kid="1")

        response = await client.get("/v1/users", headers={"Authorization": f"Bearer {token}"})

        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert response.json()["detail"] == "the keys that tokens are verified with are not available"
