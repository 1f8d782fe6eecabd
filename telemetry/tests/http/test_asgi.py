"""What an application that is wrapped by `Telemetry.asgi` may rely on, asked from outside."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI, HTTPException, WebSocket
from fastapi.responses import StreamingResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import baggage
from opentelemetry.trace import SpanKind, StatusCode

from telemetry import Edge, Telemetry, current_tenant, current_trace_id

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"
UNSAMPLED = f"00-{TRACE_ID}-{SPAN_ID}-00"
SECRET = "password=hunter2"


def make_app() -> FastAPI:  # noqa: C901  one application with routes of every kind
    app = FastAPI()

    @app.get("/livez")
    async def livez() -> str:
        return "alive"

    @app.get("/v1/orders/{order_id}")
    async def order(order_id: str) -> dict[str, str | None]:
        return {
            "order": order_id,
            "trace": current_trace_id(),
            "tenant": current_tenant(),
            "colour": str(baggage.get_baggage("colour")),
        }

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError(SECRET)

    @app.get("/refused/{status}")
    async def refused(status: int) -> None:
        raise HTTPException(status)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            for _chunk in range(3):
                await asyncio.sleep(0)
                yield b"chunk"

        return StreamingResponse(chunks())

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"first"
            await asyncio.Event().wait()

        return StreamingResponse(chunks())

    @app.websocket("/socket")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    inner = APIRouter(prefix="/items")

    @inner.get("/{item_id}")
    async def item(item_id: str) -> str:
        return item_id

    outer = APIRouter(prefix="/shops/{shop_id}")
    outer.include_router(inner)
    app.include_router(outer, prefix="/v2")
    mounted = FastAPI()

    @mounted.get("/status/{name}")
    async def status(name: str) -> str:
        return name

    app.mount("/mounted", mounted)
    return app


async def ask(app: Any, path: str, method: str = "GET", headers: Any = None) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        return await client.request(method, path, headers=headers)


def trusting(**edge: Any) -> Any:
    async def policy(_scope: Any) -> Edge:
        return Edge(**edge)

    return policy


@pytest.mark.parametrize(
    ("method", "path", "status", "name", "route"),
    [
        ("GET", "/v1/orders/o-1", 200, "GET /v1/orders/{order_id}", "/v1/orders/{order_id}"),
        ("GET", "/v2/shops/s-1/items/7", 200, "GET /v2/shops/{shop_id}/items/{item_id}",
         "/v2/shops/{shop_id}/items/{item_id}"),
        ("GET", "/mounted/status/up", 200, "GET /mounted/status/{name}", "/mounted/status/{name}"),
        ("POST", "/v1/orders/o-1", 405, "POST /v1/orders/{order_id}", "/v1/orders/{order_id}"),
        ("GET", "/nowhere/at/all", 404, "GET", None),
        ("GET", "/mounted/nowhere", 404, "GET", None),
        ("GET", "/refused/409", 409, "GET /refused/{status}", "/refused/{status}"),
    ],
)  # fmt: skip
async def test_a_request_is_one_span_named_by_its_route(  # noqa: PLR0913, PLR0917  a row and two fixtures
    telemetry: Telemetry, ended: Any, method: str, path: str, status: int, name: str, route: str | None
) -> None:
    response = await ask(telemetry.asgi(make_app()), path, method)

    (span,) = await ended(1)
    assert response.status_code == status
    assert span.name == name
    assert span.kind is SpanKind.SERVER
    assert span.attributes.get("http.route") == route
    assert span.attributes["http.request.method"] == method
    assert span.attributes["http.response.status_code"] == status
    assert span.attributes["url.path"] == path
    assert span.attributes["url.scheme"] == "http"
    assert span.attributes["server.address"] == "shop.test"
    assert span.status.status_code is StatusCode.UNSET
    assert "error.type" not in span.attributes
    assert response.headers["x-trace-id"] == f"{span.context.trace_id:032x}"


async def test_an_uncaught_exception_is_recorded_once_and_raised_again(telemetry: Telemetry, ended: Any) -> None:
    app = telemetry.asgi(make_app())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        with pytest.raises(RuntimeError, match=SECRET):
            await client.get("/broken")
    response = await ask(app, "/broken")

    assert response.status_code == 500
    assert SECRET not in response.text
    for span in await ended(2):
        assert span.status.status_code is StatusCode.ERROR
        assert [event.name for event in span.events] == ["exception"]
        assert span.attributes["error.type"] == "RuntimeError"
        assert span.attributes["http.response.status_code"] == 500


async def test_a_server_error_without_an_exception_is_an_error(telemetry: Telemetry, ended: Any) -> None:
    await ask(telemetry.asgi(make_app()), "/refused/500")

    (span,) = await ended(1)
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "500"
    assert not span.events


async def test_a_stream_is_one_span_that_ends_with_the_last_chunk(telemetry: Telemetry, spans: list[Any]) -> None:
    open_spans: list[int] = []

    async def watch(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            await send(message)
            open_spans.append(len(spans))

        await app(scope, receive, sent)

    app = telemetry.asgi(make_app())
    response = await ask(watch, "/stream")

    assert response.text == "chunk" * 3
    assert len(spans) == 1
    assert set(open_spans[:-1]) == {0}


async def test_a_client_that_leaves_a_stream_ends_its_span(telemetry: Telemetry, spans: list[Any], until: Any) -> None:
    server = uvicorn.Server(uvicorn.Config(telemetry.asgi(make_app()), lifespan="off", log_config=None, ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET /endless HTTP/1.1\r\nhost: shop.test\r\n\r\n")
        await reader.readuntil(b"first")
        assert not spans
        writer.close()
        await until(lambda: spans)
        server.should_exit = True
        await serving

    (span,) = spans
    assert span.name == "GET /endless"
    assert not span.events


async def test_excluded_paths_leave_no_span_and_no_header(telemetry: Telemetry, started: list[Any]) -> None:
    response = await ask(telemetry.asgi(make_app()), "/livez")

    assert response.json() == "alive"
    assert "x-trace-id" not in response.headers
    assert not started


async def test_the_header_that_tells_the_trace_may_have_another_name(telemetry: Telemetry) -> None:
    app = telemetry.asgi(make_app(), response_header="trace")
    response = await ask(app, "/v1/orders/1")

    assert response.headers["trace"] == response.json()["trace"]
    assert "x-trace-id" not in response.headers


@pytest.mark.parametrize("traceparent", [TRACEPARENT, UNSAMPLED])
async def test_a_strangers_context_is_a_link_and_his_decision_is_not_ours(
    telemetry: Telemetry, ended: Any, traceparent: str
) -> None:
    headers = {"traceparent": traceparent, "baggage": "colour=green,tenant.id=evil", "x-tenant-id": "evil"}
    response = await ask(telemetry.asgi(make_app()), "/v1/orders/1", headers=headers)

    (span,) = await ended(1)
    assert span.parent is None
    assert span.context.trace_id != int(TRACE_ID, 16)
    (link,) = span.links
    assert (link.context.trace_id, link.context.span_id) == (int(TRACE_ID, 16), int(SPAN_ID, 16))
    assert response.json()["colour"] == "None"
    assert response.json()["tenant"] is None
    assert "evil" not in span.to_json()


async def test_a_trusted_callers_trace_goes_on(telemetry: Telemetry, ended: Any) -> None:
    app = telemetry.asgi(make_app(), trusting(continue_trace=True))
    response = await ask(app, "/v1/orders/1", headers={"traceparent": TRACEPARENT})

    (span,) = await ended(1)
    assert span.parent.span_id == int(SPAN_ID, 16)
    assert response.json()["trace"] == response.headers["x-trace-id"] == TRACE_ID
    assert not span.links


async def test_the_policys_tenant_is_on_the_span_and_current_in_the_route(telemetry: Telemetry, ended: Any) -> None:
    app = telemetry.asgi(make_app(), trusting(tenant="acme"))
    response = await ask(app, "/v1/orders/1", headers={"x-tenant-id": "evil", "baggage": "tenant.id=evil"})

    (span,) = await ended(1)
    assert span.attributes["tenant.id"] == response.json()["tenant"] == "acme"


async def test_scopes_that_are_no_request_pass_through(telemetry: Telemetry, started: list[Any]) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["type"], receive, send))

    async def nothing(*_message: Any) -> Any:
        return {}

    await telemetry.asgi(app)({"type": "lifespan", "state": {}}, nothing, nothing)

    assert seen == [("lifespan", nothing, nothing)]
    assert not started


def test_fastapi_does_not_trace_a_request_twice_when_a_provider_is_global(run_python: Any) -> None:
    result = run_python("""
import asyncio
import httpx
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from telemetry import ExporterConfig, TelemetryConfig, configure

exporter = InMemorySpanExporter()
config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
telemetry = configure(config, span_processors=[SimpleSpanProcessor(exporter)])
trace.set_tracer_provider(telemetry.tracer_provider)
app = FastAPI()

@app.get("/orders")
async def orders() -> str:
    return "none"

async def main() -> None:
    for each in (app, telemetry.asgi(app)):
        exporter.clear()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(each), base_url="http://test") as client:
            await client.get("/orders")
        print(len(exporter.get_finished_spans()))

asyncio.run(main())
""")

    assert result.returncode == 0, result.stderr
    by_fastapi, ours = map(int, result.stdout.split())
    assert by_fastapi >= 1  # the trap is there
    assert ours == 1


NAMES = st.sampled_from(
    ["traceparent", "tracestate", "baggage", "user-agent", "content-length", "x-forwarded-for", "host"]
)
VALUES = st.one_of(
    st.binary(max_size=60).filter(lambda value: not set(value) & set(b"\r\n\0")),
    st.sampled_from([TRACEPARENT.encode(), b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01", b"a=" * 5000, b"," * 9000]),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trusted=st.booleans(), headers=st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_junk_headers_never_break_a_request(
    runner: asyncio.Runner,
    telemetry: Telemetry,
    started: list[Any],
    trusted: bool,  # noqa: FBT001
    headers: Any,
) -> None:
    started.clear()
    app = telemetry.asgi(make_plain(), trusting(continue_trace=trusted))
    raw = [(name.encode(), value) for name, value in headers]

    assert runner.run(ask_raw(app, raw)) == 200
    assert len(started) == 1
    assert not started[0].is_recording()


def make_plain() -> Any:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


async def ask_raw(app: Any, headers: list[tuple[bytes, bytes]]) -> int:
    """Ask as a server does that has parsed nothing but the lines."""
    statuses: list[int] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers, "client": None, "server": None,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: dict[str, Any]) -> None:
        if "status" in message:
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner
