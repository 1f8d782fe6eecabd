from __future__ import annotations

import json

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.sink import Sink


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=Sink()), base_url="http://sink")


def _spans(number: int) -> bytes:
    export = ExportTraceServiceRequest()
    scope = export.resource_spans.add().scope_spans.add()
    for _ in range(number):
        scope.spans.add(trace_id=b"t")
    return export.SerializeToString()


async def test_tells_what_came_since_it_was_reset(client: httpx.AsyncClient) -> None:
    async with client:
        await client.post("/v1/traces", content=_spans(3))
        await client.post("/reset")
        answer = await client.post("/v1/traces", content=_spans(5))

        assert (answer.status_code, answer.content) == (200, b"")
        counts = (await client.get("/counts")).json()

    assert (counts["spans"], counts["traces"]) == (5, 1)


async def test_is_an_agent_to_ddtrace(client: httpx.AsyncClient) -> None:
    async with client:
        assert "/v0.5/traces" in (await client.get("/info")).json()["endpoints"]
        answer = await client.put("/v0.4/traces", content=b"\x90")
        assert json.loads(answer.content) == {"rate_by_service": {}}
        assert (await client.post("/telemetry/proxy/api/v2/apmtelemetry", content=b"{}")).status_code == 200
