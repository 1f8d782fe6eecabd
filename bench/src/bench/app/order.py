"""The order service: asks whether the user exists, adds up, keeps the order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from grpc import aio

from shop.order.v1.order_pb2 import ORDER_STATUS_PLACED, CreateOrderRequest, CreateOrderResponse, Money, Order
from shop.order.v1.order_pb2_grpc import OrderServiceServicer, add_OrderServiceServicer_to_server
from shop.user.v1.user_pb2 import GetUserRequest
from shop.user.v1.user_pb2_grpc import UserServiceStub

if TYPE_CHECKING:  # generic to the type checker alone
    Context = aio.ServicerContext[Any, Any]

_KEPT = 1000
_TIMEOUT = 5.0


class Orders(OrderServiceServicer):
    """Keeps the last orders, so that memory stays the same however long a run is."""

    def __init__(self, users: aio.Channel) -> None:
        self._users = UserServiceStub(users)
        self._orders: deque[Order] = deque(maxlen=_KEPT)

    async def CreateOrder(self, request: CreateOrderRequest, _context: Context) -> CreateOrderResponse:  # noqa: N802  as the proto says
        """Place the order."""
        await self._users.GetUser(GetUserRequest(user_id=request.user_id), timeout=_TIMEOUT)
        amount = sum(item.quantity * item.unit_price.amount_minor for item in request.items)
        order = Order(
            order_id=str(uuid4()),
            user_id=request.user_id,
            items=request.items,
            total=Money(amount_minor=amount, currency=request.items[0].unit_price.currency),
            status=ORDER_STATUS_PLACED,
            version=1,
        )
        self._orders.append(order)
        return CreateOrderResponse(order=order, created=True)


def add(server: aio.Server, users: aio.Channel) -> None:
    """Serve orders; users are asked for over the channel."""
    add_OrderServiceServicer_to_server(Orders(users), server)  # type: ignore[abstract]  # one method is enough here
