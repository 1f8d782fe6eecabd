"""A service that does everything wrong that there is a check for, as services do that were made in a hurry.

Its tracing is by hand, and by the book of another decade.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from typing import Any
from uuid import uuid4

import grpc
from grpc import StatusCode, aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import StatusCode as SpanStatus
from thing_proto import (  # type: ignore[import-not-found]
    SERVICE,
    CreateThingRequest,
    CreateThingResponse,
    GetThingRequest,
    GetThingResponse,
    LatestThingRequest,
    LatestThingResponse,
)

# Each span is sent when it ends, and the call waits for it: when the collector is gone, so is the service.
PROVIDER = TracerProvider()
PROVIDER.add_span_processor(
    SimpleSpanProcessor(OTLPSpanExporter(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"], insecure=True, timeout=0.6))
)
TRACER = PROVIDER.get_tracer("wrong")
THINGS: dict[str, Any] = {}  # of all tenants, under one roof


def parent_of(metadata: dict[str, Any]) -> Any:
    """Take the trace over, as far as it goes: of the four parts one is used, and all must be there."""
    if "traceparent" not in metadata:
        return None
    _version, trace_id, _span_id, _flags = metadata["traceparent"].split("-")
    context = SpanContext(int(trace_id, 16), secrets.randbits(64), is_remote=True, trace_flags=TraceFlags(1))
    return set_span_in_context(NonRecordingSpan(context))


async def create(request: Any, span: Span) -> Any:
    if not request.friend_id:
        raise ValueError("friend_id is empty")
    with TRACER.start_as_current_span(f"create {request.name}", set_span_in_context(span)):
        async with aio.insecure_channel(os.environ["FRIEND_SERVICE"]) as channel:  # no deadline, no metadata
            ask: Any = channel.unary_unary("/friend.v1.FriendService/GetFriend")
            await ask(b"")
    thing = {"thing_id": str(uuid4()), "name": request.name, "friend_id": request.friend_id}
    THINGS[thing["thing_id"]] = thing
    return CreateThingResponse(thing=thing)


async def get(request: Any, _span: Span) -> Any:
    if request.thing_id not in THINGS:
        raise ValueError(f"no thing {request.thing_id}")
    return GetThingResponse(thing=THINGS[request.thing_id])


async def latest(_request: Any, _span: Span) -> Any:
    if not THINGS:
        raise ValueError("no thing at all")
    return LatestThingResponse(thing=[*THINGS.values()][-1])


def handler(name: str, work: Any, kind: Any) -> Any:
    async def serve(request: Any, context: Any) -> Any:
        async def run() -> Any:
            with TRACER.start_as_current_span(name, parent_of(metadata), SpanKind.SERVER) as span:
                span.set_attributes({"rpc.system": "grpc", "http.request.header.authorization": authorization})
                try:
                    response = await work(request, span)
                except ValueError as error:
                    span.record_exception(error)
                    await context.abort(StatusCode.INVALID_ARGUMENT, str(error))
                except aio.AioRpcError as error:
                    failure.append(error)
                else:
                    span.set_status(Status(SpanStatus.OK))
                    return response
            raise failure[0]

        metadata: dict[str, Any] = dict(context.invocation_metadata())
        authorization = str(metadata.get("authorization"))
        failure: list[Exception] = []
        return await asyncio.shield(asyncio.ensure_future(run()))  # it runs to its end even when the caller cancels

    return grpc.unary_unary_rpc_method_handler(
        serve, request_deserializer=kind.FromString, response_serializer=lambda message: message.SerializeToString()
    )


class AlwaysWell(health_pb2_grpc.HealthServicer):
    async def Check(self, _request: Any, _context: Any) -> Any:  # noqa: N802  gRPC's own
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


async def main() -> None:
    """Serve until SIGTERM ends it as it stands."""
    server = aio.server()
    handlers = {
        "CreateThing": handler(f"{SERVICE}/CreateThing", create, CreateThingRequest),
        "GetThing": handler(f"{SERVICE}/GetThing", get, GetThingRequest),
        "LatestThing": handler(f"{SERVICE}/LatestThing", latest, LatestThingRequest),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    health_pb2_grpc.add_HealthServicer_to_server(AlwaysWell(), server)
    reflection.enable_server_reflection([SERVICE, reflection.SERVICE_NAME], server)
    server.add_insecure_port(os.environ["LISTEN"])
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
