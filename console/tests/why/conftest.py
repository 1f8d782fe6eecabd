from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from console.model import Attributes, Kind, Resource, Span, Status, Trace, trace_of

INSERT = ("order", "INSERT orders", "client")
SELECT = ("order", "SELECT orders", "client")
CREATE = ("order", "shop.order.v1.OrderService/CreateOrder", "server")
EVERY = 100  # milliseconds from the start of a trace to that of the next


@dataclass(frozen=True)
class Order:
    """What an order's trace is like; times are milliseconds."""

    insert: float = 2
    selects: int = 1
    failure: str = ""
    tenant: str = "acme"
    instance: str = "one"
    flag: str = ""
    skew: float = 0
    own: float = 2  # of the gateway


@pytest.fixture(scope="session")
def order(make_span: Callable[..., Span]) -> Callable[..., Trace]:
    """Make the trace of the order with a number: the later the higher, and one of its own."""

    def make(number: int, like: Order | None = None) -> Trace:
        like = like or Order()
        at, statements = number * EVERY, like.selects + like.insert
        status = Status.ERROR if like.failure else Status.UNSET
        error: Attributes = {"error.type": like.failure} if like.failure else {}
        tenant: Attributes = {"tenant.id": like.tenant}
        flag: Attributes = {"feature_flag.key": like.flag, "feature_flag.result.variant": "on"} if like.flag else {}
        name = CREATE[1]

        def span(span_id: int, parent: int, service: str, name: str, kind: Kind, *times: float, **more: Any) -> Span:
            made = make_span(
                number + 1, span_id, parent, name=name, service=service, kind=kind, start=at + times[0],
                duration=times[1], attributes={**tenant, **more.pop("attributes", {})}, **more,
            )  # fmt: skip
            return replace(made, resource=Resource(service, {"service.instance.id": like.instance}))

        whole = statements + like.own + 2
        failed = {"status": status, "attributes": error}
        spans = [
            span(1, 0, "gateway", "POST /v1/orders", Kind.SERVER, 0, whole, **failed),
            span(2, 1, "gateway", name, Kind.CLIENT, like.own, statements + 2, **failed),
            span(3, 2, "order", name, Kind.SERVER, like.own + 1 + like.skew, statements + 0.5, status=status,
                 attributes={**error, **flag}),
            *(
                span(10 + each, 3, "order", SELECT[1], Kind.CLIENT, like.own + 1 + each, 1)
                for each in range(like.selects)
            ),
            span(4, 3, "order", INSERT[1], Kind.CLIENT, like.own + 1 + like.selects, like.insert, **failed),
        ]  # fmt: skip
        return trace_of(spans)

    return make
