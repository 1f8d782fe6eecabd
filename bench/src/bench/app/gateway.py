"""The gateway: JSON in, a gRPC call, JSON out."""

from __future__ import annotations

from fastapi import FastAPI
from grpc import aio
from pydantic import BaseModel

from bench.sample import PATH
from shop.order.v1.order_pb2 import CreateOrderRequest, Money, OrderItem
from shop.order.v1.order_pb2_grpc import OrderServiceStub

_TIMEOUT = 5.0


class Item(BaseModel):
    """One line of an order; the price in the minor unit of the currency."""

    sku: str
    quantity: int
    unit_price: int
    currency: str


class NewOrder(BaseModel):
    """What is asked for."""

    user_id: str
    items: list[Item]


class PlacedOrder(BaseModel):
    """What is answered."""

    order_id: str
    total: int
    currency: str


def build(orders: aio.Channel) -> FastAPI:
    """Give the application; orders are placed over the channel."""
    app = FastAPI()
    stub = OrderServiceStub(orders)

    @app.post(PATH, status_code=201)
    async def place_order(order: NewOrder) -> PlacedOrder:
        items = [
            OrderItem(
                sku=item.sku,
                quantity=item.quantity,
                unit_price=Money(amount_minor=item.unit_price, currency=item.currency),
            )
            for item in order.items
        ]
        request = CreateOrderRequest(user_id=order.user_id, items=items, idempotency_key="bench")
        placed = (await stub.CreateOrder(request, timeout=_TIMEOUT)).order
        return PlacedOrder(order_id=placed.order_id, total=placed.total.amount_minor, currency=placed.total.currency)

    return app
