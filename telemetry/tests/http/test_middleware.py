from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import StreamingResponse
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from telemetry import (
    Edge,
    ExporterConfig,
    SamplerConfig,
    Telemetry,
    TelemetryConfig,
    configure,
    current_tenant,
    current_trace_id,
    record_error,
)
from telemetry.context.w3c import TraceContextPropagator
from telemetry.http import Receive, Scope, Send


async def test_a_request_is_one_span_with_what_is_known_of_it(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any
) -> None:
    @api.post("/echo/{name}")
    async def echo(name: str, request: Request) -> str:
        return name + (await request.body()).decode()

    response = await ask(telemetry.asgi(api), "POST", "/echo/ada", content=b"12345", headers={"user-agent": "test/1"})

    (span,) = spans
    assert (span.name, span.kind, span.status.status_code) == (
        "POST /echo/{name}",
        SpanKind.SERVER,
        StatusCode.UNSET,
    )
    assert span.attributes == {
        "http.request.method": "POST",
        "url.path": "/echo/ada",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "server.address": "test",
        "client.address": "10.1.2.3",
        "client.port": 4711,
        "user_agent.original": "test/1",
        "http.request.body.size": 5,
        "http.response.status_code": 200,
        "http.response.body.size": len(response.content),
        "http.route": "/echo/{name}",
    }
    assert response.headers["x-trace-id"] == f"{span.context.trace_id:032x}"


async def test_a_body_without_a_declared_length_is_counted(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any
) -> None:
    @api.post("/")
    async def take(request: Request) -> None:
        await request.body()

    async def chunks() -> Any:
        yield b"123"
        yield b"4567"

    await ask(telemetry.asgi(api), "POST", "/", content=chunks())

    assert spans[0].attributes["http.request.body.size"] == 7


@pytest.mark.parametrize("length", [b"", b"-1", b"x", b"1e3", b"9" * 100, "²".encode("latin-1")])
async def test_a_length_that_is_none_is_left_out(telemetry: Telemetry, spans: list[Any], length: bytes) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"content-length", length)]}
    await telemetry.asgi(app)(scope, _nothing, _ignore)

    assert "http.request.body.size" not in spans[0].attributes


async def test_a_stream_ends_its_span_with_the_last_chunk(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any
) -> None:
    ended_at_chunk: list[int] = []

    @api.get("/")
    async def stream() -> StreamingResponse:
        async def chunks() -> Any:
            for _chunk in range(3):
                ended_at_chunk.append(len(spans))
                yield b"chunk"

        return StreamingResponse(chunks())

    await ask(telemetry.asgi(api), "GET", "/")

    assert ended_at_chunk == [0, 0, 0]
    assert spans[0].attributes["http.response.body.size"] == 15


async def test_work_in_the_background_runs_after_the_spans_end_and_is_not_cancelled(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any
) -> None:
    done: list[int] = []

    async def later() -> None:
        await asyncio.sleep(0.03)
        done.append(len(spans))

    @api.get("/")
    async def get(background: BackgroundTasks) -> None:
        background.add_task(later)

    await ask(telemetry.asgi(api), "GET", "/")

    assert done == [1]


@pytest.mark.parametrize(("status", "error"), [(404, None), (499, None), (500, "500"), (503, "503")])
async def test_only_what_is_the_servers_fault_is_an_error(
    telemetry: Telemetry, spans: list[Any], status: int, error: str | None
) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    await telemetry.asgi(app)(_scope(), _nothing, _ignore)

    assert spans[0].attributes["http.response.status_code"] == status
    assert spans[0].attributes.get("error.type") == error
    assert spans[0].status.status_code is (StatusCode.ERROR if error else StatusCode.UNSET)


async def test_what_a_route_has_recorded_itself_stays(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any
) -> None:
    @api.get("/", status_code=504)
    async def give_up() -> None:
        record_error(get_current_span(), TimeoutError("the warehouse is slow"))

    await ask(telemetry.asgi(api), "GET", "/")

    (span,) = spans
    assert span.attributes["error.type"] == "TimeoutError"
    assert span.status.description == "the warehouse is slow"
    assert span.attributes["http.response.status_code"] == 504


async def test_an_uncaught_exception_is_recorded_once_and_its_text_stays_here(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any
) -> None:
    @api.get("/")
    async def fail() -> None:
        raise RuntimeError("password=hunter2 of the database")

    response = await ask(telemetry.asgi(api), "GET", "/")

    assert response.status_code == 500
    assert "hunter2" not in response.text + str(response.headers)
    (span,) = spans
    assert [event.name for event in span.events] == ["exception"]
    assert span.attributes["error.type"] == "RuntimeError"
    assert span.attributes["error.class"] == "internal"
    assert span.status.status_code is StatusCode.ERROR
    assert "hunter2" not in f"{span.attributes} {span.events[0].attributes} {span.status.description}"


async def test_what_a_policy_raises_is_seen_on_the_span_of_the_request(
    telemetry: Telemetry, spans: list[Any], api: FastAPI
) -> None:
    async def policy(_scope: Scope) -> Edge:
        raise LookupError("no keys")

    with pytest.raises(LookupError):
        await telemetry.asgi(api, policy)(_scope(), _nothing, _ignore)

    assert spans[0].attributes["error.type"] == "LookupError"
    assert spans[0].status.status_code is StatusCode.ERROR


async def test_a_tenant_that_is_none_is_refused(telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any) -> None:
    async def policy(_scope: Scope) -> Edge:
        return Edge(tenant="../acme")

    assert (await ask(telemetry.asgi(api, policy), "GET", "/")).status_code == 500
    assert "tenant.id" not in spans[0].attributes


async def test_the_policys_tenant_and_the_trace_are_current_in_the_route(
    telemetry: Telemetry, api: FastAPI, ask: Any
) -> None:
    async def policy(_scope: Scope) -> Edge:
        return Edge(tenant="acme")

    @api.get("/")
    async def get() -> str:
        return f"{current_tenant()} {current_trace_id()}"

    response = await ask(telemetry.asgi(api, policy), "GET", "/")

    assert response.json() == f"acme {response.headers['x-trace-id']}"


async def test_excluded_paths_leave_no_span(telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any) -> None:
    response = await ask(telemetry.asgi(api, exclude=("/livez",)), "GET", "/livez")

    assert "x-trace-id" not in response.headers
    assert not spans


async def test_the_headers_of_context_are_looked_for_before_they_are_read(
    telemetry: Telemetry, spans: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    extract = TraceContextPropagator.extract

    def counted(*given: Any, **options: Any) -> Any:
        read.append(given)
        return extract(*given, **options)

    monkeypatch.setattr(TraceContextPropagator, "extract", counted)
    app = telemetry.asgi(_answer)
    for headers in ([], [(b"accept", b"*/*")], [(b"traceparent", b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01")]):
        await app(_scope(headers=headers), _nothing, _ignore)

    assert len(read) == 1
    assert [len(span.links) for span in spans] == [0, 0, 1]


async def test_a_propagator_that_knows_other_headers_is_asked_each_time(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []

    class Other(TraceContextPropagator):
        def extract(self, *given: Any, **options: Any) -> Any:
            read.append(given)
            return super().extract(*given, **options)

        @property
        def fields(self) -> set[str]:
            return {"uber-trace-id"}  # and it reads uberctx-… as well

    monkeypatch.setattr(telemetry, "propagator", Other())
    await telemetry.asgi(_answer)(_scope(), _nothing, _ignore)

    assert len(read) == 1


async def test_nothing_is_made_of_a_request_that_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr("telemetry.http.request.request_attributes", made.append)
    sampler = SamplerConfig(kind="always_off")
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), sampler=sampler)
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    with configure(config) as telemetry:
        await telemetry.asgi(_answer)(_scope(), _nothing, send)

    assert not made
    assert [name for name, _value in sent[0]["headers"]] == [b"x-trace-id"]


async def test_a_method_that_nobody_knows_is_no_name(
    telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any
) -> None:
    await ask(telemetry.asgi(api), "BREW", "/pot")

    assert spans[0].name == "HTTP"
    assert spans[0].attributes["http.request.method"] == "_OTHER"
    assert spans[0].attributes["http.request.method_original"] == "BREW"


def _scope(**more: Any) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": "/", "headers": [], **more}


async def _answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request"}


async def _ignore(_message: Any) -> None:
    return
