"""Between the domain and the protos of the services that this one calls."""

from __future__ import annotations

from collections.abc import Callable

from grpc import StatusCode, aio

from order_service.domain import Refusal, UserId, UserNotFound, UserServiceTimeout, UserServiceUnavailable
from shop.user.v1.user_pb2 import GetUserRequest
from shop.user.v1.user_pb2_grpc import UserServiceStub

# Methods that gRPC may try again: they change nothing.
RETRYABLE = ("shop.user.v1.UserService/GetUser",)

# What a status of the user service means here; any other is a fault, and is raised as it came.
_ERRORS: dict[StatusCode, Callable[[UserId], Refusal]] = {
    StatusCode.NOT_FOUND: UserNotFound,
    StatusCode.UNAVAILABLE: lambda _: UserServiceUnavailable(),
    StatusCode.DEADLINE_EXCEEDED: lambda _: UserServiceTimeout(),
}


class UserClient:
    """The user service, as seen from here.

    Args:
        channel: Carries the tenant, the trace and the deadline.
    """

    def __init__(self, channel: aio.Channel) -> None:
        self._stub = UserServiceStub(channel)

    async def require(self, user_id: UserId) -> None:
        """Make sure that the user exists; raise UserNotFound, UserServiceUnavailable or UserServiceTimeout."""
        try:
            await self._stub.GetUser(GetUserRequest(user_id=str(user_id)))
        except aio.AioRpcError as error:
            refusal = _ERRORS.get(error.code())
            if refusal is None:
                raise
            raise refusal(user_id) from error
