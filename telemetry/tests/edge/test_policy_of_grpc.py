from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest
from grpc import aio
from opentelemetry import baggage

from telemetry import (
    Telemetry,
    Trust,
    current_tenant,
    use_tenant,
)
from telemetry.edge.policy import TRUSTED, UNTRUSTED, trust_by_peer

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


FORGED = "tenant.id=evil,colour=green"


TOLD = "{'tenant.id': 'acme'}"  # in baggage, of the verified tenant


@pytest.fixture
async def serve_metadata(telemetry: Telemetry, serve_grpc: Any) -> AsyncIterator[Any]:
    """Give a function that serves, with some trust, a handler which answers with what it was told."""

    async def answer(_request: bytes, context: Any) -> bytes:
        keys = sorted(key for key, _value in context.invocation_metadata() if key != "user-agent")
        return f"{current_tenant()} {dict(baggage.get_all())} {keys}".encode()

    async def serve(trust: Any = TRUSTED) -> str:
        answering: Any = grpc.unary_unary_rpc_method_handler(answer)
        address: str = await running.enter_async_context(serve_grpc(telemetry.server(trust=trust), Answer=answering))
        return address

    async with AsyncExitStack() as running:
        yield serve


async def call(address: str) -> str:
    metadata = (("traceparent", TRACEPARENT), ("x-tenant-id", "acme"), ("baggage", FORGED))
    async with aio.insecure_channel(address) as channel:
        method: Any = channel.unary_unary("/test.Service/Answer")
        return str((await method(b"", metadata=metadata)).decode())


@pytest.mark.parametrize(
    ("trust", "told", "parent"),
    [
        (TRUSTED, f"acme {TOLD}", True),
        (Trust(baggage=("colour",)), "acme {'colour': 'green', 'tenant.id': 'acme'}", True),
        (Trust(baggage=("tenant.id",)), f"acme {TOLD}", True),
        (Trust(tenant=False, baggage=("tenant.id",)), "None {}", True),
        (UNTRUSTED, "None {}", False),
        (trust_by_peer({"127.0.0.0/8": TRUSTED}), f"acme {TOLD}", True),
        (trust_by_peer({"10.0.0.0/8": TRUSTED}), "None {}", False),
    ],
)
async def test_a_grpc_callers_metadata_is_believed_as_far_as_he_is_trusted(
    serve_metadata: Any,
    ended: Any,
    trust: Any,
    told: str,
    parent: bool,  # noqa: FBT001
) -> None:
    assert (await call(await serve_metadata(trust))).startswith(told)

    (span,) = await ended(1)
    assert (span.parent is not None) is parent
    assert len(span.links) == (0 if parent else 1)
    assert span.attributes.get("tenant.id") == (told.partition(" ")[0] if told.startswith("acme") else None)
    assert "evil" not in span.to_json()


async def test_a_host_that_is_not_listed_is_told_neither_trace_nor_tenant(
    telemetry: Telemetry, serve_metadata: Any
) -> None:
    told: dict[Any, str] = {}
    for hosts in (None, ("127.0.0.1",), ("user", "*.internal")):
        async with telemetry.channel(await serve_metadata(), propagate_to=hosts) as channel:
            with use_tenant("acme"):
                method: Any = channel.unary_unary("/test.Service/Answer")
                told[hosts] = (await method(b"")).decode()

    assert told[None] == told["127.0.0.1",] == f"acme {TOLD} ['baggage', 'traceparent', 'x-tenant-id']"
    assert told["user", "*.internal"] == "None {} []"
