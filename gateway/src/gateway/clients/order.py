from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from grpc import aio

from gateway import domain
from gateway.clients.base import Client, page_after, to_time
from shop.order.v1 import order_pb2
from shop.order.v1.order_pb2_grpc import OrderServiceStub

_STATUS = {
    order_pb2.ORDER_STATUS_PLACED: domain.OrderStatus.PLACED,
    order_pb2.ORDER_STATUS_CANCELLED: domain.OrderStatus.CANCELLED,
}


class OrderClient(Client):
    """The order service."""

    name = "order"
    service = "shop.order.v1.OrderService"
    retryable = (
        "shop.order.v1.OrderService/CreateOrder",
        "shop.order.v1.OrderService/GetOrder",
        "shop.order.v1.OrderService/ListOrders",
        "shop.order.v1.OrderService/CancelOrder",
        "shop.order.v1.OrderService/WatchOrder",
    )

    def __init__(self, channel: aio.Channel) -> None:
        super().__init__(channel)
        self._stub = OrderServiceStub(channel)

    async def place(self, user_id: str, items: Sequence[domain.OrderItem], idempotency_key: str) -> domain.Placement:
        """Place an order; the same key and content give the same one."""
        request = order_pb2.CreateOrderRequest(
            user_id=user_id, items=[_item_to_proto(each) for each in items], idempotency_key=idempotency_key
        )
        with self._translated():
            response = await self._stub.CreateOrder(request)
        return domain.Placement(_order(response.order), response.created)

    async def get(self, order_id: str) -> domain.Order:
        """Give an order."""
        with self._translated():
            response = await self._stub.GetOrder(order_pb2.GetOrderRequest(order_id=order_id))
        return _order(response.order)

    async def list(
        self, *, limit: int, cursor: str | None = None, user_id: str | None = None
    ) -> domain.Page[domain.Order]:
        """Give at most `limit` orders, newest first; of one user or of all."""
        request = order_pb2.ListOrdersRequest(user_id=user_id or "", page_size=limit, page_token=cursor or "")
        with page_after(cursor), self._translated():
            response = await self._stub.ListOrders(request)
        return domain.Page([_order(each) for each in response.orders], response.next_page_token or None)

    async def cancel(self, order_id: str) -> domain.Order:
        """Cancel an order; a cancelled one is given back as it is."""
        with self._translated():
            response = await self._stub.CancelOrder(order_pb2.CancelOrderRequest(order_id=order_id))
        return _order(response.order)

    async def watch(self, order_id: str, after_version: int) -> AsyncGenerator[domain.Order]:
        """Give the order at each version after the given one, as it comes to be; the call ends with the generator."""
        call = self._stub.WatchOrder(order_pb2.WatchOrderRequest(order_id=order_id, after_version=after_version))
        try:
            with self._translated():
                async for message in call:
                    yield _order(message.order)
        finally:
            call.cancel()


def _order(order: order_pb2.Order) -> domain.Order:
    status = _STATUS.get(order.status)
    if status is None:
        raise domain.ServiceFailed("order")
    return domain.Order(
        order_id=order.order_id,
        user_id=order.user_id,
        items=[_item(each) for each in order.items],
        total=_money(order.total),
        status=status,
        version=order.version,
        create_time=to_time(order.create_time),
        update_time=to_time(order.update_time),
    )


def _item(item: order_pb2.OrderItem) -> domain.OrderItem:
    return domain.OrderItem(item.sku, item.quantity, _money(item.unit_price))


def _item_to_proto(item: domain.OrderItem) -> order_pb2.OrderItem:
    price = order_pb2.Money(amount_minor=item.unit_price.amount_minor, currency=item.unit_price.currency)
    return order_pb2.OrderItem(sku=item.sku, quantity=item.quantity, unit_price=price)


def _money(money: order_pb2.Money) -> domain.Money:
    return domain.Money(money.amount_minor, money.currency)
