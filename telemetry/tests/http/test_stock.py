"""The faults of opentelemetry-instrumentation-asgi and -fastapi that docs/adr/0003 lists, shown beside what is right.

Each test first shows the fault. When one fails there, the fault is fixed upstream: remove the row from the ADR, and
ask whether the part of `telemetry.http` that stands for it is still needed.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from opentelemetry import baggage
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from telemetry import Telemetry

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331"
FIXED = "fixed upstream? see docs/adr/0003"


@pytest.fixture
def api() -> FastAPI:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})

    @app.get("/items/{key}")
    async def get(key: str) -> str:
        return f"{key} {baggage.get_baggage('tenant.id')}"

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> Any:
            for _chunk in range(3):
                yield b"chunk"

        return StreamingResponse(chunks())

    return app


@pytest.fixture
def stock(api: FastAPI, stock_provider: TracerProvider) -> Any:
    """The same application behind the stock instrumentation, exporting to the same lists."""
    return OpenTelemetryMiddleware(api, tracer_provider=stock_provider)


@pytest.mark.parametrize(("path", "count"), [("/items/1", 3), ("/stream", 8)])
async def test_a_span_a_message(  # noqa: PLR0913, PLR0917  fixtures and parameters
    telemetry: Telemetry, spans: list[Any], api: FastAPI, stock: Any, ask: Any, path: str, count: int
) -> None:
    await ask(stock, "GET", path)
    assert len(spans) >= count, FIXED
    spans.clear()

    await ask(telemetry.asgi(api), "GET", path)
    assert len(spans) == 1


async def test_old_names(telemetry: Telemetry, spans: list[Any], api: FastAPI, stock: Any, ask: Any) -> None:
    await ask(stock, "GET", "/items/1")
    assert "http.method" in spans[-1].attributes, FIXED
    spans.clear()

    await ask(telemetry.asgi(api), "GET", "/items/1")
    assert spans[0].attributes["http.request.method"] == "GET"
    assert "http.method" not in spans[0].attributes


async def test_a_stranger_switches_tracing_off(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, stock: Any, ask: Any
) -> None:
    headers = {"traceparent": f"{TRACEPARENT}-00"}
    await ask(stock, "GET", "/items/1", headers=headers)
    assert not spans, FIXED

    await ask(telemetry.asgi(api), "GET", "/items/1", headers=headers)
    assert len(spans) == 1


async def test_a_strangers_trace_is_gone_on_with(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, stock: Any, ask: Any
) -> None:
    headers = {"traceparent": f"{TRACEPARENT}-01"}
    await ask(stock, "GET", "/items/1", headers=headers)
    assert f"{spans[-1].context.trace_id:032x}" == TRACE_ID, FIXED
    spans.clear()

    await ask(telemetry.asgi(api), "GET", "/items/1", headers=headers)
    assert f"{spans[0].context.trace_id:032x}" != TRACE_ID


async def test_a_strangers_baggage_is_believed(telemetry: Telemetry, api: FastAPI, stock: Any, ask: Any) -> None:
    headers = {"baggage": "tenant.id=evil"}
    assert "evil" in (await ask(stock, "GET", "/items/1", headers=headers)).text, FIXED

    assert "evil" not in (await ask(telemetry.asgi(api), "GET", "/items/1", headers=headers)).text


async def test_a_client_that_left_is_not_noticed(
    telemetry: Telemetry, api: FastAPI, stock: Any, serve_app: Any
) -> None:
    outcome: asyncio.Queue[str] = asyncio.Queue()

    @api.get("/slow")
    async def slow() -> None:
        outcome.put_nowait("started")
        try:
            await asyncio.sleep(0.3)
            outcome.put_nowait("ran on")
        except asyncio.CancelledError:
            outcome.put_nowait("cancelled")
            raise

    async def leave(app: Any) -> str:
        async with serve_app(app) as address:
            _reader, writer = await asyncio.open_connection(*address)
            writer.write(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
            assert await outcome.get() == "started"
            writer.close()
            return await outcome.get()

    assert await leave(stock) == "ran on", FIXED
    assert await leave(telemetry.asgi(api)) == "cancelled"


async def test_the_instrumentor_of_fastapi_has_the_same_faults(
    stock_provider: TracerProvider, spans: list[Any], api: FastAPI, ask: Any
) -> None:
    FastAPIInstrumentor.instrument_app(api, tracer_provider=stock_provider)
    try:
        await ask(api, "GET", "/items/1")
    finally:
        FastAPIInstrumentor.uninstrument_app(api)

    assert len(spans) == 3, FIXED
    assert "http.method" in spans[-1].attributes, FIXED
