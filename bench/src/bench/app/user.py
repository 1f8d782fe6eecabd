"""The user service: looks a user up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grpc import StatusCode, aio

from bench.sample import USER_ID
from shop.user.v1.user_pb2 import GetUserRequest, GetUserResponse, User
from shop.user.v1.user_pb2_grpc import UserServiceServicer, add_UserServiceServicer_to_server

if TYPE_CHECKING:  # generic to the type checker alone
    Context = aio.ServicerContext[Any, Any]


class Users(UserServiceServicer):
    """Knows one user."""

    def __init__(self) -> None:
        self._users = {USER_ID: User(user_id=USER_ID, email="ada@example.com", name="Ada")}

    async def GetUser(self, request: GetUserRequest, context: Context) -> GetUserResponse:  # noqa: N802  as the proto says
        """Give the user; NOT_FOUND when it is another."""
        user = self._users.get(request.user_id)
        if user is None:
            await context.abort(StatusCode.NOT_FOUND, "no such user")
        return GetUserResponse(user=user)


def add(server: aio.Server) -> None:
    """Serve users."""
    add_UserServiceServicer_to_server(Users(), server)  # type: ignore[abstract]  # one method is enough here
