"""Between the proto and the domain, and nothing else: a domain error that leaves here is mapped by `server.STATUS`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import override

from chassis.pagination import PageRequest
from order_service.domain import (
    Money,
    Order,
    OrderDraft,
    OrderItem,
    OrderStatus,
    parse_after_version,
    parse_order_id,
    parse_user_id,
)
from order_service.orders import Orders
from shop.order.v1 import order_pb2 as pb
from shop.order.v1.order_pb2_grpc import OrderServiceServicer

if TYPE_CHECKING:
    from shop.order.v1.order_pb2_grpc import _ServicerContext as Context

_STATUS = {
    OrderStatus.PLACED: pb.ORDER_STATUS_PLACED,
    OrderStatus.CANCELLED: pb.ORDER_STATUS_CANCELLED,
}


class OrderServicer(OrderServiceServicer):
    """Serves `Orders` as ``shop.order.v1.OrderService``."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    @override
    async def CreateOrder(self, request: pb.CreateOrderRequest, context: Context) -> pb.CreateOrderResponse:
        placement = await self._orders.place(_draft(request))
        return pb.CreateOrderResponse(order=_to_proto(placement.order), created=placement.created)

    @override
    async def GetOrder(self, request: pb.GetOrderRequest, context: Context) -> pb.GetOrderResponse:
        order = await self._orders.get(parse_order_id(request.order_id))
        return pb.GetOrderResponse(order=_to_proto(order))

    @override
    async def ListOrders(self, request: pb.ListOrdersRequest, context: Context) -> pb.ListOrdersResponse:
        user_id = parse_user_id(request.user_id) if request.user_id else None
        page = await self._orders.list(PageRequest.parse(request.page_size, request.page_token), user_id)
        return pb.ListOrdersResponse(orders=map(_to_proto, page.rows), next_page_token=page.next_token)

    @override
    async def CancelOrder(self, request: pb.CancelOrderRequest, context: Context) -> pb.CancelOrderResponse:
        order = await self._orders.cancel(parse_order_id(request.order_id))
        return pb.CancelOrderResponse(order=_to_proto(order))

    @override
    async def WatchOrder(self, request: pb.WatchOrderRequest, context: Context) -> AsyncIterator[pb.WatchOrderResponse]:
        order_id, after_version = parse_order_id(request.order_id), parse_after_version(request.after_version)
        async with aclosing(self._orders.watch(order_id, after_version)) as versions:
            async for order in versions:
                yield pb.WatchOrderResponse(order=_to_proto(order))


def _draft(request: pb.CreateOrderRequest) -> OrderDraft:
    return OrderDraft(
        user_id=parse_user_id(request.user_id),
        items=tuple(_item(each) for each in request.items),
        idempotency_key=request.idempotency_key,
    )


def _item(item: pb.OrderItem) -> OrderItem:
    return OrderItem(item.sku, item.quantity, Money(item.unit_price.amount_minor, item.unit_price.currency))


def _to_proto(order: Order) -> pb.Order:
    return pb.Order(
        order_id=str(order.order_id),
        user_id=str(order.user_id),
        items=map(_item_to_proto, order.items),
        total=_money_to_proto(order.total),
        status=_STATUS[order.status],
        version=order.version,
        create_time=_time_to_proto(order.created_at),
        update_time=_time_to_proto(order.updated_at),
    )


def _item_to_proto(item: OrderItem) -> pb.OrderItem:
    return pb.OrderItem(sku=item.sku, quantity=item.quantity, unit_price=_money_to_proto(item.unit_price))


def _money_to_proto(money: Money) -> pb.Money:
    return pb.Money(amount_minor=money.amount_minor, currency=money.currency)


def _time_to_proto(time: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(time)
    return timestamp
