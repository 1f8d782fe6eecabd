"""A service as this package makes one, which needs nothing: neither a database nor other services."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from typing import Any
from uuid import uuid4

import grpc
from grpc import StatusCode
from thing_proto import (  # type: ignore[import-not-found]
    SERVICE,
    CreateThingRequest,
    CreateThingResponse,
    GetThingRequest,
    GetThingResponse,
    LatestThingRequest,
    LatestThingResponse,
)

from chassis.serving import serve
from telemetry import TelemetryConfig, configure, require_tenant


class Refusal(Exception):  # noqa: N818
    """The service will not do what it is asked."""


THINGS: defaultdict[str, dict[str, Any]] = defaultdict(dict)  # by tenant and id


async def create(request: Any, _context: Any) -> Any:
    things = THINGS[require_tenant()]
    if not request.name:
        raise Refusal("name: expected 1 character or more")
    thing = {"thing_id": str(uuid4()), "name": request.name, "friend_id": request.friend_id}  # any id may be a friend's
    things[thing["thing_id"]] = thing
    return CreateThingResponse(thing=thing)


async def get(request: Any, _context: Any) -> Any:
    thing = THINGS[require_tenant()].get(request.thing_id)
    if thing is None:
        raise Refusal(f"there is no thing {request.thing_id}")
    return GetThingResponse(thing=thing)


async def latest(_request: Any, _context: Any) -> Any:
    things = [*THINGS[require_tenant()].values()]
    return LatestThingResponse(thing=things[-1] if things else None)


def handler(behavior: Any, kind: Any) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        behavior, request_deserializer=kind.FromString, response_serializer=lambda message: message.SerializeToString()
    )


async def main() -> None:
    telemetry = configure(TelemetryConfig.from_env(os.environ, service_name="plain"))
    server = telemetry.server(errors={Refusal: StatusCode.INVALID_ARGUMENT})
    handlers = {
        "CreateThing": handler(create, CreateThingRequest),
        "GetThing": handler(get, GetThingRequest),
        "LatestThing": handler(latest, LatestThingRequest),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    await serve(server, os.environ["LISTEN"], services=[SERVICE], telemetry=telemetry)


if __name__ == "__main__":
    asyncio.run(main())
