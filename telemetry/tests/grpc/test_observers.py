from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio

from telemetry import ExporterConfig, LogsConfig, Telemetry, TelemetryConfig, configure, use_tenant
from telemetry.logs.fields import context_fields, describe

Measured = tuple[Telemetry, Callable[..., list[Any]]]

SERVER = "rpc.server.call.duration"
CLIENT = "rpc.client.call.duration"


class MissingError(Exception):
    pass


async def answer(request: bytes, context: Any) -> bytes:  # noqa: ARG001  gRPC's signature
    return request


async def missing(request: bytes, context: Any) -> bytes:  # noqa: ARG001  gRPC's signature
    raise MissingError("no such thing")


async def broken(request: bytes, context: Any) -> bytes:  # noqa: ARG001  gRPC's signature
    raise ValueError("broken")


async def hang(request: bytes, context: Any) -> bytes:  # noqa: ARG001  gRPC's signature
    await asyncio.Event().wait()
    return b""


async def count(request: bytes, context: Any) -> AsyncIterator[bytes]:  # noqa: ARG001  gRPC's signature
    for _number in range(3):
        yield b"x"


@pytest.fixture
def serve(traced_server: Any, serve_grpc: Any) -> Any:
    """Give a function that serves the handlers with a telemetry, and gives the address."""
    unary = {"Answer": answer, "Missing": missing, "Broken": broken, "Hang": hang}
    handlers: dict[str, Any] = {name: grpc.unary_unary_rpc_method_handler(each) for name, each in unary.items()}
    handlers["Count"] = grpc.unary_stream_rpc_method_handler(count)
    errors = {MissingError: StatusCode.NOT_FOUND}
    return lambda telemetry: serve_grpc(traced_server(telemetry, errors), **handlers)


async def call(channel: aio.Channel, method: str) -> None:
    path = f"/test.Service/{method}"
    try:
        if method == "Count":
            stream: Any = channel.unary_stream(path)
            async for _response in stream(b""):
                pass
        else:
            unary: Any = channel.unary_unary(path)
            await unary(b"", timeout=0.5 if method == "Hang" else None)
    except aio.AioRpcError:
        return


@pytest.mark.parametrize(
    ("method", "code", "kind"),
    [
        ("Answer", "OK", ""),
        ("Count", "OK", ""),
        ("Missing", "NOT_FOUND", "not_found"),
        ("Broken", "INTERNAL", "internal"),
        ("Hang", "DEADLINE_EXCEEDED", "timeout"),
    ],
)
async def test_both_sides_measure_a_call_with_an_exemplar_of_its_span(  # noqa: PLR0913, PLR0917  three are parameters
    measured: Measured, serve: Any, until: Any, method: str, code: str, kind: str
) -> None:
    telemetry, points = measured
    async with serve(telemetry) as address, telemetry.channel(address) as channel:
        with telemetry.tracer("tests").start_as_current_span("caller") as span:
            await call(channel, method)
    await until(lambda: not telemetry.open_spans)
    both = points(SERVER, CLIENT)
    sides = dict(zip((SERVER, CLIENT), sorted(both, key=lambda point: "server.port" in point.attributes), strict=True))

    host, port = address.split(":")
    common = {"rpc.system.name": "grpc", "rpc.method": f"test.Service/{method}", "rpc.response.status_code": code}
    error = {"error.type": code, "error.class": kind}
    for name, is_error in ((SERVER, method in ("Broken", "Hang")), (CLIENT, code != "OK")):
        point = sides[name]
        expected = common | ({"server.address": host, "server.port": int(port)} if name == CLIENT else {})
        assert dict(point.attributes) == expected | (error if is_error else {})
        assert (point.count, [each.trace_id for each in point.exemplars]) == (1, [span.get_span_context().trace_id])


async def test_a_call_that_never_began_says_why(measured: Measured) -> None:
    telemetry, points = measured

    class Refusing(aio.UnaryUnaryClientInterceptor):
        async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:  # noqa: ARG002  gRPC's
            raise ValueError("refused")

    interceptors = [*telemetry.client_interceptors("127.0.0.1:1"), Refusing()]
    async with aio.insecure_channel("127.0.0.1:1", interceptors=interceptors) as channel:
        unary: Any = channel.unary_unary("/test.Service/Answer")
        with pytest.raises(ValueError, match="refused"):
            await unary(b"")

    (point,) = points(CLIENT)
    assert point.attributes["error.type"] == "ValueError"
    assert "rpc.response.status_code" not in point.attributes


@pytest.mark.parametrize(
    ("method", "level", "code"),
    [
        ("Answer", logging.INFO, "OK"),
        ("Missing", logging.INFO, "NOT_FOUND"),
        ("Broken", logging.ERROR, "INTERNAL"),
        ("Hang", logging.ERROR, "DEADLINE_EXCEEDED"),
    ],
)
async def test_each_call_leaves_one_line_with_its_trace_and_tenant(  # noqa: PLR0913, PLR0917  three are parameters
    telemetry: Telemetry,
    serve: Any,
    caplog: pytest.LogCaptureFixture,
    until: Any,
    method: str,
    level: int,
    code: str,
) -> None:
    caplog.set_level(logging.INFO)
    contexts: list[dict[str, str]] = []

    def keep_context(_record: logging.LogRecord) -> bool:
        contexts.append(context_fields())
        return True

    caplog.handler.addFilter(keep_context)
    async with serve(telemetry) as address, telemetry.channel(address) as channel:
        with use_tenant("acme"), telemetry.tracer("tests").start_as_current_span("caller") as span:
            await call(channel, method)
    await until(lambda: [record for record in caplog.records if record.name == "telemetry.access"])

    (record,) = [record for record in caplog.records if record.name == "telemetry.access"]
    extra = describe(record).extra
    duration = extra.pop("duration")
    assert record.levelno == level
    assert record.getMessage().startswith(f"test.Service/{method} {code} ")
    assert isinstance(duration, float)
    assert extra == {
        "rpc.method": f"test.Service/{method}",
        "rpc.response.status_code": code,
        "client.address": "127.0.0.1",
    }
    assert {"tenant": "acme", "trace_id": f"{span.get_span_context().trace_id:032x}"}.items() <= contexts[-1].items()


async def test_the_lines_can_be_switched_off(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), logs=LogsConfig(access=False))
    with configure(config) as telemetry:
        async with serve(telemetry) as address, telemetry.channel(address) as channel:
            await call(channel, "Answer")

    assert not [record for record in caplog.records if record.name == "telemetry.access"]
