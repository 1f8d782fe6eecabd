from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection, reflection_pb2, reflection_pb2_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry import baggage
from opentelemetry.trace import SpanKind, get_current_span
from opentelemetry.trace import StatusCode as SpanStatus

from telemetry import Telemetry, current_tenant, current_trace_id, record_error, require_tenant, use_tenant
from telemetry.context.deadline import remaining
from telemetry.errors import DatabaseUnavailable


async def call(address: str, method: str, *, metadata: Any = (), timeout: float | None = 30) -> Any:  # noqa: ASYNC109
    """Call without any interceptor."""
    async with aio.insecure_channel(address) as channel:
        unary: Any = channel.unary_unary(f"/test.Service/{method}")
        return await unary(b"hello", metadata=metadata, timeout=timeout)


async def test_a_span_is_current_in_a_handler_and_the_parent_of_spans_made_there(
    telemetry: Any, start: Any, ended: Any
) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        with telemetry.tracer("test").start_as_current_span("work"):
            await asyncio.sleep(0)
        return str(current_trace_id()).encode()

    trace_id = await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer")
    work, server = await ended(2)

    assert work.parent == server.context
    assert trace_id.decode() == f"{server.context.trace_id:032x}"
    assert server.parent is None


async def test_a_span_stays_current_in_a_generator_across_what_it_yields(
    telemetry: Any, start: Any, ended: Any
) -> None:
    seen: list[str | None] = []

    async def stream(_request: bytes, _context: Any) -> AsyncIterator[bytes]:
        for _response in range(3):
            seen.append(current_trace_id())
            with telemetry.tracer("test").start_as_current_span("work"):
                yield b"response"

    address = await start(Stream=grpc.unary_stream_rpc_method_handler(stream))
    async with aio.insecure_channel(address) as channel:
        method: Any = channel.unary_stream("/test.Service/Stream")
        assert [response async for response in method(b"")] == [b"response"] * 3
    *work, server = await ended(4)

    assert seen == [f"{server.context.trace_id:032x}"] * 3
    assert [span.parent for span in work] == [server.context] * 3


async def test_two_streams_at_once_keep_their_contexts_apart(start: Any) -> None:
    both = asyncio.Barrier(2)

    async def stream(_request: bytes, _context: Any) -> AsyncIterator[bytes]:
        for _response in range(3):
            await both.wait()
            yield f"{current_tenant()} {current_trace_id()}".encode()

    address = await start(Stream=grpc.unary_stream_rpc_method_handler(stream))
    async with aio.insecure_channel(address) as channel:
        method: Any = channel.unary_stream("/test.Service/Stream")

        async def read(tenant: str) -> set[bytes]:
            return {response async for response in method(b"", metadata=(("x-tenant-id", tenant),))}

        ours, theirs = await asyncio.gather(read("acme"), read("other"))

    assert len(ours) == len(theirs) == 1
    assert ours != theirs
    assert b"acme " in next(iter(ours))


async def test_an_interceptor_after_ours_runs_its_handler_inside_the_span(start: Any, ended: Any) -> None:
    seen: list[str | None] = []

    class Watching(aio.ServerInterceptor):
        async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
            handler = await continuation(handler_call_details)

            async def watch(request: bytes, context: Any) -> Any:
                seen.append(current_trace_id())
                return await handler.unary_unary(request, context)

            return grpc.unary_unary_rpc_method_handler(watch)

    async def answer(request: bytes, _context: Any) -> bytes:
        return request

    address = await start(extra=[Watching()], Answer=grpc.unary_unary_rpc_method_handler(answer))
    assert [await call(address, "Answer") for _call in range(2)] == [b"hello"] * 2
    spans = await ended(2)

    assert seen == [f"{span.context.trace_id:032x}" for span in spans]


async def test_the_tenant_of_the_caller_is_there_in_the_handler_and_his_baggage_is_not(
    telemetry: Any, start: Any, ended: Any
) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        return f"{require_tenant()} {baggage.get_baggage('colour')}".encode()

    address = await start(Answer=grpc.unary_unary_rpc_method_handler(answer))
    async with telemetry.channel(address) as channel:
        with use_tenant("acme"):
            assert await channel.unary_unary("/test.Service/Answer")(b"") == b"acme None"
    assert await call(address, "Answer", metadata=(("x-tenant-id", "acme"), ("baggage", "colour=green"))) == (
        b"acme None"
    )

    assert [span.attributes["tenant.id"] for span in await ended(3)] == ["acme"] * 3


async def test_a_call_without_a_tenant_is_unauthenticated_where_one_is_required(start: Any, ended: Any) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        return require_tenant().encode()

    with pytest.raises(aio.AioRpcError) as raised:
        await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer")

    assert raised.value.code() is StatusCode.UNAUTHENTICATED
    assert raised.value.details() == "the call names no tenant"
    (span,) = await ended(1)
    assert "tenant.id" not in span.attributes
    assert span.status.status_code is SpanStatus.UNSET


FORGED = ("", "ACME", "-acme", "a" * 64, "acme; DROP TABLE users", "../acme")


@pytest.mark.parametrize("shape", ["unary_unary", "unary_stream", "stream_unary", "stream_stream"])
async def test_a_tenant_that_is_none_is_unauthenticated_and_reaches_neither_handler_nor_span(
    start: Any, ended: Any, shape: str
) -> None:
    reached: list[Any] = []

    async def answer(request: Any, _context: Any) -> bytes:
        reached.append(request)
        return b""

    async def stream(request: Any, _context: Any) -> AsyncIterator[bytes]:
        reached.append(request)
        yield b""

    behavior = stream if shape.endswith("stream") else answer
    address = await start(Answer=getattr(grpc, f"{shape}_rpc_method_handler")(behavior))
    async with aio.insecure_channel(address) as channel:
        method: Any = getattr(channel, shape)("/test.Service/Answer")

        # A request that is on its way when the answer comes makes gRPC's own client say INTERNAL now and then.
        async def requests(answered: asyncio.Event) -> AsyncIterator[bytes]:
            await answered.wait()
            yield b""

        for forged in FORGED:
            answered = asyncio.Event()
            sent = requests(answered) if shape.startswith("stream") else b""
            made = method(sent, metadata=(("x-tenant-id", forged),))
            assert await made.code() is StatusCode.UNAUTHENTICATED
            assert await made.details() == (
                "the call's tenant is not valid: expected 1 to 63 of a-z, 0-9 and '-', not starting with '-'"
            )
            answered.set()

    assert not reached
    for span in await ended(len(FORGED)):
        assert "tenant.id" not in span.attributes
        assert span.attributes["rpc.response.status_code"] == "UNAUTHENTICATED"
        assert not span.events


async def test_what_is_left_of_the_deadline_shrinks_from_call_to_call(telemetry: Any, start: Any) -> None:
    seen: list[float | None] = []

    async def last(_request: bytes, _context: Any) -> bytes:
        seen.append(remaining())
        return b""

    async def first(_request: bytes, _context: Any) -> bytes:
        seen.append(remaining())
        await asyncio.sleep(0.05)
        return bytes(await channel.unary_unary("/test.Service/Last")(b""))

    address = await start(
        First=grpc.unary_unary_rpc_method_handler(first), Last=grpc.unary_unary_rpc_method_handler(last)
    )
    async with telemetry.channel(address, timeout=20.0) as channel:
        await channel.unary_unary("/test.Service/First")(b"", timeout=0.9)
        await channel.unary_unary("/test.Service/First")(b"", timeout=60)

    assert all(left is not None for left in seen)
    short_first, short_last, long_first, long_last = (left or 0.0 for left in seen)
    assert 0 < short_last < short_first - 0.04 < 0.9
    assert 55 < long_first <= 61
    assert 15 < long_last <= 20.2


async def test_a_call_without_a_deadline_sets_none(start: Any) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        return str(remaining()).encode()

    assert await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer", timeout=None) == (
        b"None"
    )


async def test_health_checks_and_reflection_leave_no_span(
    telemetry: Any, traced_server: Any, serve_grpc: Any, started: list[Any]
) -> None:
    server = traced_server(telemetry)
    health_pb2_grpc.add_HealthServicer_to_server(HealthServicer(), server)
    reflection.enable_server_reflection(["test.Service"], server)
    async with serve_grpc(server) as address, telemetry.channel(address) as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        reflected: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        await health.Check(health_pb2.HealthCheckRequest())
        request = reflection_pb2.ServerReflectionRequest(list_services="")

        async def requests() -> AsyncIterator[Any]:
            yield request

        (answer,) = [response async for response in reflected.ServerReflectionInfo(requests())]

    assert [service.name for service in answer.list_services_response.service] == ["test.Service"]
    assert not started


async def test_an_unknown_method_is_unimplemented_and_leaves_the_callers_span_alone(
    telemetry: Any, start: Any, ended: Any
) -> None:
    address = await start()
    async with telemetry.channel(address) as channel:
        for method in ("/test.Service/Missing", "/other.Service/Missing"):
            with pytest.raises(aio.AioRpcError) as raised:
                await channel.unary_unary(method)(b"")
            assert raised.value.code() is StatusCode.UNIMPLEMENTED

    assert [span.kind for span in await ended(2)] == [SpanKind.CLIENT, SpanKind.CLIENT]


async def test_names_that_a_peer_makes_up_do_not_fill_the_memory(telemetry: Any, serve_grpc: Any) -> None:
    (interceptor,) = telemetry.server_interceptors()
    server = aio.server(interceptors=[interceptor])
    async with serve_grpc(server) as address, aio.insecure_channel(address) as channel:
        for number in range(20):
            method: Any = channel.unary_unary(f"/made.Up/{number}")
            assert await method(b"").code() is StatusCode.UNIMPLEMENTED

    assert not interceptor._methods._known


async def test_names_that_a_handler_of_everything_takes_do_not_fill_the_memory_either(
    telemetry: Any, serve_grpc: Any
) -> None:
    async def answer(request: bytes, _context: Any) -> bytes:
        return request

    class Proxy(grpc.GenericRpcHandler):
        def service(self, _details: Any) -> Any:
            return grpc.unary_unary_rpc_method_handler(answer)

    (interceptor,) = telemetry.server_interceptors()
    server = aio.server(interceptors=[interceptor])
    server.add_generic_rpc_handlers((Proxy(),))
    async with serve_grpc(server) as address, aio.insecure_channel(address) as channel:
        for number in range(1010):
            method: Any = channel.unary_unary(f"/made.Up/{number}")
            assert await method(b"hello") == b"hello"

    assert len(interceptor._wrapped) == 1000


@pytest.mark.parametrize("flags", ["00", "02"])
async def test_of_a_trace_that_is_not_recorded_the_decision_is_handed_on_and_nothing_more(
    telemetry: Any, start: Any, started: list[Any], flags: str
) -> None:
    seen: list[str] = []

    async def last(_request: bytes, context: Any) -> bytes:
        seen.append(dict(context.invocation_metadata())["traceparent"])
        return f"{require_tenant()} {current_trace_id()}".encode()

    async def first(_request: bytes, _context: Any) -> bytes:
        return bytes(await channel.unary_unary("/test.Service/Last")(b""))

    address = await start(
        First=grpc.unary_unary_rpc_method_handler(first), Last=grpc.unary_unary_rpc_method_handler(last)
    )
    parent = f"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}"
    async with telemetry.channel(address) as channel:
        metadata = (("traceparent", parent), ("x-tenant-id", "acme"))
        assert await call(address, "First", metadata=metadata) == b"acme 0af7651916cd43dd8448eb211c80319c"

    assert seen == [parent]
    assert not started


async def test_what_an_interceptor_before_it_makes_of_the_metadata_is_what_counts(
    telemetry: Telemetry, serve_grpc: Any
) -> None:
    class Mesh(aio.ServerInterceptor):
        async def intercept_service(self, continuation: Any, details: Any) -> Any:
            return await continuation(type(details)(details.method, (("x-tenant-id", "globex"),)))

    async def answer(_request: bytes, _context: Any) -> bytes:
        return require_tenant().encode()

    server = aio.server(interceptors=[Mesh(), *telemetry.server_interceptors()])
    async with serve_grpc(server, Answer=grpc.unary_unary_rpc_method_handler(answer)) as address:
        assert await call(address, "Answer", metadata=(("x-tenant-id", "acme"),)) == b"globex"


async def test_a_handler_that_is_kept_and_called_again_reads_each_calls_own_metadata(telemetry: Telemetry) -> None:
    async def answer(_request: bytes, _context: Any) -> str:
        return require_tenant()

    async def find(_details: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(answer)

    (interceptor,) = telemetry.server_interceptors()
    handler: Any = await interceptor.intercept_service(find, Asked("acme"))

    assert await handler.unary_unary(b"", Asked("acme")) == "acme"
    assert await handler.unary_unary(b"", Asked("globex")) == "globex"


class Asked(grpc.HandlerCallDetails):
    """What is asked of a call, by an interceptor and by a handler."""

    def __init__(self, tenant: str) -> None:
        self.method = "/test.Service/Answer"
        self.invocation_metadata: Any = Said([("x-tenant-id", tenant)])

    def time_remaining(self) -> None:
        return None

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    def code(self) -> None:
        return None

    def details(self) -> str:
        return ""


class Said(tuple[tuple[str, str], ...]):
    """Metadata, which an interceptor is given and a handler asks for."""

    __slots__ = ()

    def __call__(self) -> Said:
        return self


async def test_a_handler_that_is_a_plain_function_still_works(start: Any, started: list[Any]) -> None:
    def answer(request: bytes, _context: Any) -> bytes:
        return request

    def stream(request: bytes, _context: Any) -> Any:
        yield request

    address = await start(
        Answer=grpc.unary_unary_rpc_method_handler(answer), Stream=grpc.unary_stream_rpc_method_handler(stream)
    )

    assert await call(address, "Answer") == b"hello"
    async with aio.insecure_channel(address) as channel:
        method: Any = channel.unary_stream("/test.Service/Stream")
        assert [response async for response in method(b"hello")] == [b"hello"]
    assert not started


async def test_a_database_that_is_away_is_unavailable_to_the_caller(start: Any, ended: Any) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        raise DatabaseUnavailable from OSError("connection to 10.0.0.7 refused")

    with pytest.raises(aio.AioRpcError) as raised:
        await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer")

    assert raised.value.code() is StatusCode.UNAVAILABLE
    assert raised.value.details() == "the database is not available"
    (span,) = await ended(1)
    assert span.status.status_code is SpanStatus.ERROR
    assert span.attributes["error.class"] == "unavailable"


async def test_a_request_that_cannot_be_read_is_the_callers_mistake_and_tells_nothing_of_types(
    start: Any, ended: Any
) -> None:
    async def answer(_request: int, _context: Any) -> bytes:
        raise AssertionError("there is no request to handle")

    handler: Any = grpc.unary_unary_rpc_method_handler(answer, request_deserializer=int)
    with pytest.raises(aio.AioRpcError) as raised:
        await call(await start(Answer=handler), "Answer")

    assert raised.value.code() is StatusCode.INVALID_ARGUMENT
    assert raised.value.details() == "the request cannot be read: it is no message of the method's type"
    (span,) = await ended(1)
    assert (span.status.status_code, span.events) == (SpanStatus.UNSET, ())
    assert span.attributes["rpc.response.status_code"] == "INVALID_ARGUMENT"


async def test_a_stream_of_requests_that_cannot_be_read_tells_nothing_of_types(start: Any, ended: Any) -> None:
    async def answer(requests: AsyncIterator[int], _context: Any) -> bytes:
        return bytes([sum([number async for number in requests])])

    handler: Any = grpc.stream_unary_rpc_method_handler(answer, request_deserializer=int)
    with pytest.raises(aio.AioRpcError) as raised:
        await call(await start(Answer=handler), "Answer")

    assert raised.value.code() is StatusCode.INTERNAL
    assert (raised.value.details() or "").startswith("internal error; trace id ")
    (span,) = await ended(1)
    assert span.attributes["rpc.response.status_code"] == "INTERNAL"


async def test_a_code_that_the_handler_sets_is_the_spans(start: Any, ended: Any) -> None:
    async def answer(_request: bytes, context: Any) -> bytes:
        context.set_code(StatusCode.OUT_OF_RANGE)
        context.set_details("too far")
        return b""

    with pytest.raises(aio.AioRpcError, match="too far"):
        await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer")

    (span,) = await ended(1)
    assert span.attributes["rpc.response.status_code"] == "OUT_OF_RANGE"


async def test_metadata_that_the_handler_set_reaches_the_caller_of_a_failed_call(start: Any) -> None:
    async def answer(_request: bytes, context: Any) -> bytes:
        context.set_trailing_metadata((("retry-after", "3"),))
        raise DatabaseUnavailable

    with pytest.raises(aio.AioRpcError) as raised:
        await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer")

    assert dict(raised.value.trailing_metadata())["retry-after"] == "3"


async def test_an_error_after_an_abort_that_the_handler_swallowed_changes_nothing(start: Any, ended: Any) -> None:
    async def answer(_request: bytes, context: Any) -> bytes:
        try:
            await context.abort(StatusCode.NOT_FOUND, "no such user")
        except aio.AbortError:
            raise RuntimeError("and then this") from None
        return b""

    with pytest.raises(aio.AioRpcError) as raised:
        await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer")

    assert raised.value.code() is StatusCode.NOT_FOUND
    (span,) = await ended(1)
    assert span.attributes["rpc.response.status_code"] == "NOT_FOUND"


async def test_an_error_that_the_handler_recorded_itself_is_recorded_once(start: Any, ended: Any) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        error = RuntimeError("broken")
        record_error(get_current_span(), error)
        raise error

    with pytest.raises(aio.AioRpcError):
        await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer")

    (span,) = await ended(1)
    assert [event.name for event in span.events] == ["exception"]


async def test_an_uncaught_exception_is_logged_with_its_trace_back(
    start: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        raise RuntimeError("broken")

    with caplog.at_level(logging.ERROR, "telemetry"), pytest.raises(aio.AioRpcError):
        await call(await start(Answer=grpc.unary_unary_rpc_method_handler(answer)), "Answer")

    (record,) = [record for record in caplog.records if record.name == "telemetry.grpc.served_call"]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], RuntimeError)


TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    metadata=st.lists(
        st.tuples(st.sampled_from(["traceparent", "tracestate", "baggage", "x-other"]), TEXTS), max_size=5
    )
)
def test_metadata_of_a_stranger_never_breaks_a_call(
    runner: asyncio.Runner, answering: str, metadata: list[tuple[str, str]]
) -> None:
    assert runner.run(call(answering, "Answer", metadata=metadata)) == b"hello"


@pytest.fixture
def runner() -> Any:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def answering(runner: asyncio.Runner, telemetry: Any) -> Any:
    async def answer(request: bytes, _context: Any) -> bytes:
        return request

    async def begin() -> tuple[aio.Server, int]:
        server = aio.server(interceptors=telemetry.server_interceptors())
        handlers: dict[str, Any] = {"Answer": grpc.unary_unary_rpc_method_handler(answer)}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    server, port = runner.run(begin())
    yield f"127.0.0.1:{port}"
    runner.run(server.stop(None))
