"""The request that the demo sends first, and the trace that it must leave: an order.

All else of the demo is the same whatever its services are for.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from stack.demo.order import OrderError as FirstRequestError
from stack.demo.order import place_order, wait_for_trace

__all__ = ["DOING", "Answered", "FirstRequestError", "send", "wait_for_trace"]

DOING = "placing an order"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it.

    Attributes:
        trace_id: Of the request.
        user_id: Who ordered.
    """

    trace_id: str
    user_id: str

    def next_step(self, gateway_url: str, tenant: str) -> tuple[str, ...]:
        """Say how another one is sent, in lines."""
        item = '{"sku": "book-1", "quantity": 1, "unit_price": {"amount_minor": 1999, "currency": "EUR"}}'
        order = shlex.quote(f'{{"user_id": "{self.user_id}", "items": [{item}]}}')
        token = f"Authorization: Bearer $(make -s token TENANT={tenant})"
        command = f"curl -i {gateway_url}/v1/orders -H \"{token}\" -H 'Content-Type: application/json' -d {order}"
        return ("\nPlace another order:", command)


def send(gateway_url: str, token: str) -> Answered:
    """Send it in a trace of its own; the token needs the scope "trace"; raise FirstRequestError."""
    placed = place_order(gateway_url, token)
    return Answered(placed.trace_id, placed.user_id)
