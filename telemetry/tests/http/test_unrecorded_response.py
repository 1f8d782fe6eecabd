"""A request of a trace that nobody records is served, watched and cancelled as any other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from fastapi import BackgroundTasks, FastAPI
from grpc import aio

from telemetry import (
    Edge,
    ExporterConfig,
    SamplerConfig,
    Telemetry,
    TelemetryConfig,
    configure,
    current_tenant,
    current_trace_id,
)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    sampler = SamplerConfig(kind="parentbased_always_off")
    with configure(
        TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), sampler=sampler)
    ) as telemetry:
        yield telemetry


async def acme(_scope: Any) -> Edge:
    return Edge(tenant="acme")


async def test_the_trace_and_the_tenant_are_told_to_the_caller_and_to_the_services_behind(
    telemetry: Telemetry, serve_grpc: Any, api: FastAPI, ask: Any
) -> None:
    told: list[dict[str, str]] = []

    async def answer(request: bytes, context: Any) -> bytes:
        told.append(dict(context.invocation_metadata()))
        return request

    async with (
        serve_grpc(aio.server(), Answer=grpc.unary_unary_rpc_method_handler(answer)) as address,
        telemetry.channel(address) as channel,
    ):

        @api.get("/work")
        async def work() -> tuple[str | None, str | None]:
            ask_behind: Any = channel.unary_unary("/test.Service/Answer")
            await ask_behind(b"", metadata=(("x-tenant-id", "evil"), ("key", "value")))
            return current_tenant(), current_trace_id()

        response: httpx.Response = await ask(telemetry.asgi(api, policy=acme), "GET", "/work")

    trace_id = response.headers["x-trace-id"]
    assert response.json() == ["acme", trace_id]
    (metadata,) = told
    version, told_trace, _span_id, flags = metadata.pop("traceparent").split("-")
    assert (version, told_trace, flags) == ("00", trace_id, "02")
    assert metadata.items() >= {"x-tenant-id": "acme", "key": "value"}.items()
    assert "baggage" not in metadata  # it is for spans


async def test_the_work_of_a_client_that_left_is_cancelled(
    telemetry: Telemetry, api: FastAPI, serve_app: Any, leave: Any
) -> None:
    started, cancelled = asyncio.Event(), asyncio.Event()

    @api.get("/work")
    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with serve_app(telemetry.asgi(api)) as address:
        await leave(address, started)
        await asyncio.wait_for(cancelled.wait(), 5)


async def test_what_goes_on_after_the_response_is_left_alone(
    telemetry: Telemetry, api: FastAPI, serve_app: Any, leave: Any
) -> None:
    started, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def later() -> None:
        started.set()
        await go_on.wait()
        done.set()

    @api.get("/work")
    async def work(background: BackgroundTasks) -> None:
        background.add_task(later)

    async with serve_app(telemetry.asgi(api)) as address:
        await leave(address, started)
        await asyncio.sleep(0.03)  # longer than the moment after which a client is looked for
        go_on.set()
        await asyncio.wait_for(done.wait(), 5)


async def test_what_an_application_raises_is_raised(telemetry: Telemetry, api: FastAPI) -> None:
    @api.get("/work")
    async def work() -> None:
        raise LookupError("nothing here")

    transport = httpx.ASGITransport(telemetry.asgi(api))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        with pytest.raises(LookupError, match="nothing here"):
            await client.get("/work")


async def test_a_server_that_ends_a_request_cancels_it(telemetry: Telemetry) -> None:
    async def hang(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.Event().wait()

    async def nothing(*_message: Any) -> Any:
        await asyncio.Event().wait()

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await telemetry.asgi(hang)(scope, nothing, nothing)
