from __future__ import annotations

from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


async def test_the_process_lives_whatever_the_services_do(client: httpx.AsyncClient, order_service: Any) -> None:
    await order_service.stop()

    response = await client.get("/livez")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_the_gateway_is_ready_when_all_services_are(client: httpx.AsyncClient) -> None:
    response = await client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("away", "detail"),
    [(["user"], "not ready: user"), (["order"], "not ready: order"), (["user", "order"], "not ready: user, order")],
)
async def test_what_is_not_ready_is_named(
    client: httpx.AsyncClient, user_service: Any, order_service: Any, away: list[str], detail: str
) -> None:
    if "user" in away:
        await user_service.set_ready(ready=False)
    if "order" in away:
        await order_service.stop()

    response = await client.get("/readyz")

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == detail
    assert "trace_id" not in response.json()


async def test_health_checks_leave_no_trace(client: httpx.AsyncClient, spans: InMemorySpanExporter) -> None:
    await client.get("/livez")
    await client.get("/readyz")

    assert spans.get_finished_spans() == ()
