from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from gateway import domain, schemas
from gateway.clients.order import OrderClient
from gateway.edge import EdgeRoute
from gateway.openapi import bearer, read_problems, write_problems
from gateway.problems import domain_problem
from gateway.routes.parameters import Cursor, IdempotencyKey, LastEventId, Limit, OfUser, OrderId
from gateway.services import Services, Wired
from gateway.sse import EventStream, event

router = APIRouter(prefix="/v1/orders", tags=["orders"], route_class=EdgeRoute, dependencies=[Depends(bearer)])


@router.post(
    "",
    status_code=201,
    response_model=schemas.Order,
    responses={
        200: {"model": schemas.Order, "description": "An earlier request with this key placed the order."},
        **write_problems(404, 409),
    },
)
async def place_order(
    body: schemas.NewOrder, services: Wired, response: Response, idempotency_key: IdempotencyKey = None
) -> domain.Order:
    """Place an order.

    With an `Idempotency-Key` it is safe to ask again: the same key and body give the same order, with status 200 and
    the header `Idempotency-Replayed: true`; the same key with another body is a 409.
    """
    items = [item.to_domain() for item in body.items]
    placement = await services.of(OrderClient).place(body.user_id, items, idempotency_key or uuid4().hex)
    response.headers["Location"] = f"{router.prefix}/{placement.order.order_id}"
    if not placement.created:
        response.status_code = 200
        response.headers["Idempotency-Replayed"] = "true"
    return placement.order


@router.get("/{order_id}", response_model=schemas.Order, responses=read_problems(404))
async def get_order(order_id: OrderId, services: Wired) -> domain.Order:
    """Give an order."""
    return await services.of(OrderClient).get(order_id)


@router.get("", response_model=schemas.OrderPage, responses=read_problems())
async def list_orders(
    services: Wired, user_id: OfUser = None, cursor: Cursor = None, limit: Limit = 20
) -> domain.Page[domain.Order]:
    """Give orders, newest first, a page at a time."""
    return await services.of(OrderClient).list(limit=limit, cursor=cursor, user_id=user_id)


@router.post("/{order_id}/cancel", response_model=schemas.Order, responses=read_problems(404, 409))
async def cancel_order(order_id: OrderId, services: Wired) -> domain.Order:
    """Cancel an order; a cancelled one is given back as it is."""
    return await services.of(OrderClient).cancel(order_id)


@router.get(
    "/{order_id}/events",
    status_code=200,
    response_class=EventStream,
    responses={204: {"description": "Nothing more can happen to the order: do not ask again."}, **read_problems(404)},
)
async def watch_order(
    request: Request, order_id: OrderId, services: Wired, last_event_id: LastEventId = None
) -> Response:
    """Follow an order: an event for each of its versions, as they come.

    The event's id is the version, its name `order.placed` or `order.cancelled`, its data the order. What fails before
    the first event is an ordinary problem; what fails later is an event `error` with the problem as its data. The
    stream ends when nothing more can happen, or after a while: ask again with the last id in `Last-Event-ID`.
    """
    seen = int(last_event_id or 0)
    news = True
    if seen:
        order = await services.of(OrderClient).get(order_id)
        if seen > order.version:
            raise domain.InvalidInput(f"Last-Event-ID={seen}: the order is at version {order.version}")
        news = seen < order.version
        if order.is_final and not news:
            return Response(status_code=204)
    versions = services.of(OrderClient).watch(order_id, seen)
    first = await _first(versions, services) if news else None
    events = _events(request.url.path, first, versions)
    return EventStream(events, heartbeat=services.heartbeat, stopping=services.stopping)


async def _first(versions: AsyncGenerator[domain.Order], services: Services) -> domain.Order | None:
    """Wait for what is sure to come, so that a failure is still a response of its own."""
    try:
        async with asyncio.timeout(services.request_timeout):
            return await anext(versions, None)
    except TimeoutError:
        raise domain.ServiceTimeout("order") from None


async def _events(
    path: str, first: domain.Order | None, versions: AsyncGenerator[domain.Order]
) -> AsyncGenerator[bytes]:
    try:
        if first is not None:
            yield _order_event(first)
        async for order in versions:
            yield _order_event(order)
    except domain.GatewayError as error:
        yield event("error", json.dumps(domain_problem(path, error)))
    finally:
        await versions.aclose()


def _order_event(order: domain.Order) -> bytes:
    data = schemas.Order.model_validate(order).model_dump_json()
    return event(f"order.{order.status}", data, str(order.version))
