"""The services behind the edge: domain values in, domain values or domain errors out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode, aio

from gateway import domain
from shop.order.v1 import order_pb2
from shop.order.v1.order_pb2_grpc import OrderServiceStub
from shop.user.v1 import user_pb2
from shop.user.v1.user_pb2_grpc import UserServiceStub
from telemetry.grpc.health import check

USER_SERVICE = "shop.user.v1.UserService"
ORDER_SERVICE = "shop.order.v1.OrderService"

# What may safely run twice: reads, a cancellation, and an order, whose key makes a second one the same.
USER_RETRYABLE = (f"{USER_SERVICE}/GetUser", f"{USER_SERVICE}/ListUsers")
ORDER_RETRYABLE = tuple(
    f"{ORDER_SERVICE}/{method}" for method in ("CreateOrder", "GetOrder", "ListOrders", "CancelOrder", "WatchOrder")
)

# The caller's mistakes: the service's own text says what is wrong.
_CALLER: Mapping[StatusCode, type[domain.GatewayError]] = {
    StatusCode.INVALID_ARGUMENT: domain.InvalidInput,
    StatusCode.OUT_OF_RANGE: domain.InvalidInput,
    StatusCode.NOT_FOUND: domain.NotFound,
    StatusCode.ALREADY_EXISTS: domain.Conflict,
    StatusCode.FAILED_PRECONDITION: domain.Conflict,
    StatusCode.ABORTED: domain.Conflict,
    StatusCode.PERMISSION_DENIED: domain.Forbidden,
}
# The service's failures: gRPC's text may name addresses, so a text of our own is given. All other codes are
# ServiceFailed, UNAUTHENTICATED too: the caller's token was good.
_SERVICE: Mapping[StatusCode, type[domain.ServiceError]] = {
    StatusCode.UNAVAILABLE: domain.ServiceUnavailable,
    StatusCode.CANCELLED: domain.ServiceUnavailable,
    StatusCode.DEADLINE_EXCEEDED: domain.ServiceTimeout,
    StatusCode.RESOURCE_EXHAUSTED: domain.ServiceOverloaded,
}

_STATUS = {
    order_pb2.ORDER_STATUS_PLACED: domain.OrderStatus.PLACED,
    order_pb2.ORDER_STATUS_CANCELLED: domain.OrderStatus.CANCELLED,
}


class UserClient:
    """The user service. Every method raises GatewayError."""

    def __init__(self, channel: aio.Channel) -> None:
        self._channel = channel
        self._stub = UserServiceStub(channel)

    async def create(self, email: str, name: str) -> domain.User:
        """Create a user."""
        with _translated("user"):
            response = await self._stub.CreateUser(user_pb2.CreateUserRequest(email=email, name=name))
        return _user(response.user)

    async def get(self, user_id: str) -> domain.User:
        """Give a user."""
        with _translated("user"):
            response = await self._stub.GetUser(user_pb2.GetUserRequest(user_id=user_id))
        return _user(response.user)

    async def list(self, *, limit: int, cursor: str | None = None) -> domain.Page[domain.User]:
        """Give at most `limit` users, oldest first."""
        request = user_pb2.ListUsersRequest(page_size=limit, page_token=cursor or "")
        with _page_after(cursor), _translated("user"):
            response = await self._stub.ListUsers(request)
        return domain.Page([_user(each) for each in response.users], response.next_page_token or None)

    async def is_ready(self) -> bool:
        """Tell whether the service can do its work."""
        return await check(self._channel, USER_SERVICE)


class OrderClient:
    """The order service. Every method raises GatewayError."""

    def __init__(self, channel: aio.Channel) -> None:
        self._channel = channel
        self._stub = OrderServiceStub(channel)

    async def place(self, user_id: str, items: Sequence[domain.OrderItem], idempotency_key: str) -> domain.Placement:
        """Place an order; the same key and content give the same one."""
        request = order_pb2.CreateOrderRequest(
            user_id=user_id, items=[_item_to_proto(each) for each in items], idempotency_key=idempotency_key
        )
        with _translated("order"):
            response = await self._stub.CreateOrder(request)
        return domain.Placement(_order(response.order), response.created)

    async def get(self, order_id: str) -> domain.Order:
        """Give an order."""
        with _translated("order"):
            response = await self._stub.GetOrder(order_pb2.GetOrderRequest(order_id=order_id))
        return _order(response.order)

    async def list(
        self, *, limit: int, cursor: str | None = None, user_id: str | None = None
    ) -> domain.Page[domain.Order]:
        """Give at most `limit` orders, newest first; of one user or of all."""
        request = order_pb2.ListOrdersRequest(user_id=user_id or "", page_size=limit, page_token=cursor or "")
        with _page_after(cursor), _translated("order"):
            response = await self._stub.ListOrders(request)
        return domain.Page([_order(each) for each in response.orders], response.next_page_token or None)

    async def cancel(self, order_id: str) -> domain.Order:
        """Cancel an order; a cancelled one is given back as it is."""
        with _translated("order"):
            response = await self._stub.CancelOrder(order_pb2.CancelOrderRequest(order_id=order_id))
        return _order(response.order)

    async def watch(self, order_id: str, after_version: int) -> AsyncGenerator[domain.Order]:
        """Give the order at each version after the given one, as it comes to be; the call ends with the generator."""
        call = self._stub.WatchOrder(order_pb2.WatchOrderRequest(order_id=order_id, after_version=after_version))
        try:
            with _translated("order"):
                async for message in call:
                    yield _order(message.order)
        finally:
            call.cancel()

    async def is_ready(self) -> bool:
        """Tell whether the service can do its work."""
        return await check(self._channel, ORDER_SERVICE)


@contextmanager
def _translated(service: str) -> Iterator[None]:
    try:
        yield
    except aio.AioRpcError as error:
        raise _to_domain(service, error.code(), error.details() or "") from error


@contextmanager
def _page_after(cursor: str | None) -> Iterator[None]:
    """Tell of a refused page token by the caller's own name for it: all else in the request has been checked."""
    try:
        yield
    except domain.InvalidInput as error:
        if cursor is None:
            raise
        raise domain.InvalidInput("cursor: expected the next_cursor of the page before, unchanged") from error


def _to_domain(service: str, code: StatusCode, details: str) -> domain.GatewayError:
    if code in _CALLER:
        return _CALLER[code](details or f"the {service} service refused the request")
    return _SERVICE.get(code, domain.ServiceFailed)(service)


def _user(user: user_pb2.User) -> domain.User:
    return domain.User(user.user_id, user.email, user.name, _time(user.create_time))


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
        create_time=_time(order.create_time),
        update_time=_time(order.update_time),
    )


def _item(item: order_pb2.OrderItem) -> domain.OrderItem:
    return domain.OrderItem(item.sku, item.quantity, _money(item.unit_price))


def _item_to_proto(item: domain.OrderItem) -> order_pb2.OrderItem:
    price = order_pb2.Money(amount_minor=item.unit_price.amount_minor, currency=item.unit_price.currency)
    return order_pb2.OrderItem(sku=item.sku, quantity=item.quantity, unit_price=price)


def _money(money: order_pb2.Money) -> domain.Money:
    return domain.Money(money.amount_minor, money.currency)


def _time(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(tzinfo=UTC)
