"""The first thing anybody does with the stack: place an order, and see its trace."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import httpx

from console.client import fetch_trace
from console.model import Trace
from console.tree import rows

# What one order must leave, and nothing else: depth, service, name.
WHOLE_TRACE = (
    (0, "gateway", "POST /v1/orders"),
    (1, "gateway", "shop.order.v1.OrderService/CreateOrder"),
    (2, "order", "shop.order.v1.OrderService/CreateOrder"),
    (3, "order", "shop.user.v1.UserService/GetUser"),
    (4, "user", "shop.user.v1.UserService/GetUser"),
    (5, "user", "SELECT users"),
    (3, "order", "INSERT orders"),
)

_TRACE_WITHIN = 15.0
_POLL_SECONDS = 0.05


class OrderError(RuntimeError):
    """The order could not be placed, or its trace is not whole; the message says what came instead."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that was placed.

    Attributes:
        order_id: Its id.
        user_id: Who ordered.
        trace_id: Of the request that placed it.
    """

    order_id: str
    user_id: str
    trace_id: str


def place_order(gateway_url: str, token: str) -> Placed:
    """Make a user and place an order for him in a trace of its own; the token needs the scope "trace"."""
    trace_id = secrets.token_hex(16)
    with httpx.Client(
        base_url=gateway_url, headers={"Authorization": f"Bearer {token}"}, timeout=10.0, trust_env=False
    ) as client:
        user = _post(client, "/v1/users", {"email": f"ada-{uuid4().hex[:8]}@example.com", "name": "Ada Lovelace"})
        items = [{"sku": "book-1", "quantity": 2, "unit_price": {"amount_minor": 1999, "currency": "EUR"}}]
        order = _post(
            client,
            "/v1/orders",
            {"user_id": user["user_id"], "items": items},
            {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01", "Idempotency-Key": uuid4().hex},
        )
    return Placed(order["order_id"], user["user_id"], trace_id)


def wait_for_trace(query_url: str, trace_id: str, check: Callable[[], None] = lambda: None) -> Trace:
    """Give the trace when it is whole; raise OrderError when it is not within 15 s. `check` may raise meanwhile."""
    ends_at = time.monotonic() + _TRACE_WITHIN
    while True:
        trace = fetch_trace(query_url, trace_id)
        if trace is not None and shape(trace) == WHOLE_TRACE:
            return trace
        check()
        if time.monotonic() > ends_at:
            raise OrderError(_what_differs(trace))
        time.sleep(_POLL_SECONDS)


def shape(trace: Trace) -> tuple[tuple[int, str, str], ...]:
    """Give depth, service and name of each span, depth first."""
    return tuple((row.depth, row.span.resource.service, row.span.name) for row in rows(trace))


def _what_differs(trace: Trace | None) -> str:
    came = () if trace is None else shape(trace)
    missing = [line for line in WHOLE_TRACE if line not in came]
    extra = [line for line in came if line not in WHOLE_TRACE]
    words = [f"the trace is not whole after {_TRACE_WITHIN:g} s: {len(came)} of {len(WHOLE_TRACE)} spans"]
    words += [f"missing: {service} {name}" for _depth, service, name in missing]
    words += [f"not expected: {service} {name}" for _depth, service, name in extra]
    return "\n  ".join(words)


def _post(client: httpx.Client, path: str, body: object, headers: dict[str, str] | None = None) -> dict[str, str]:
    try:
        response = client.post(path, json=body, headers=headers)
    except httpx.HTTPError as error:
        raise OrderError(f"POST {path}: {error}") from None
    if not response.is_success:
        raise OrderError(f"POST {path}: {response.status_code} {response.text}")
    answer: dict[str, str] = response.json()
    return answer
