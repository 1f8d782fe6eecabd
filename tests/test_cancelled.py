"""A client that hangs up: nobody works on for him."""

from __future__ import annotations

import os
import signal

import httpx
import pytest

from stack.e2e.stacks import ITEM, Shop
from stack.local import LocalStack
from tracetest import Backend, TracedClient, new_context

USER_SERVICE = "shop.user.v1.UserService"
PATIENCE = 0.5  # seconds that the client waits; the gateway would for ten times as long
IN_TIME = 100_000  # microseconds


async def test_a_request_is_cancelled_at_each_service_when_its_client_hangs_up(
    local: LocalStack, api: TracedClient, shop: Shop, jaeger: Backend
) -> None:
    order = {"user_id": await shop.user(), "items": [ITEM]}
    context = new_context()
    user = local.pid("user")
    os.kill(user, signal.SIGSTOP)  # it is there, and does not answer
    try:
        with pytest.raises(httpx.ReadTimeout):
            await api.http.post(
                "/v1/orders", json=order, headers={"traceparent": context.traceparent}, timeout=PATIENCE
            )
        trace = await jaeger.whole(context.trace_id, context.span_id, absent=(USER_SERVICE,))
    finally:
        os.kill(user, signal.SIGCONT)

    request, placing, placed, asking = trace.spans[:4]
    assert [(span.service, span.kind) for span in (request, placing, placed, asking)] == [
        ("gateway", "SERVER"),
        ("gateway", "CLIENT"),
        ("order", "SERVER"),
        ("order", "CLIENT"),
    ]
    assert (request.status, request.attributes["error.type"]) == ("UNSET", "cancelled")
    assert "http.response.status_code" not in request.attributes
    codes = {span.attributes["rpc.response.status_code"] for span in (placing, placed, asking)}
    assert codes == {"CANCELLED"}
    ends = [span.start + span.duration for span in (request, placing, placed, asking)]
    assert max(ends) - min(ends) < IN_TIME
    assert not [span for span in trace.spans if span.events]
