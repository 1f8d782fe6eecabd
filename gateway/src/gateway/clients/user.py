from __future__ import annotations

from grpc import aio

from gateway import domain
from gateway.clients.base import Client, page_after, to_time
from shop.user.v1 import user_pb2
from shop.user.v1.user_pb2_grpc import UserServiceStub


class UserClient(Client):
    """The user service."""

    name = "user"
    service = "shop.user.v1.UserService"
    retryable = ("shop.user.v1.UserService/GetUser", "shop.user.v1.UserService/ListUsers")

    def __init__(self, channel: aio.Channel) -> None:
        super().__init__(channel)
        self._stub = UserServiceStub(channel)

    async def create(self, email: str, name: str) -> domain.User:
        """Create a user."""
        with self._translated():
            response = await self._stub.CreateUser(user_pb2.CreateUserRequest(email=email, name=name))
        return _user(response.user)

    async def get(self, user_id: str) -> domain.User:
        """Give a user."""
        with self._translated():
            response = await self._stub.GetUser(user_pb2.GetUserRequest(user_id=user_id))
        return _user(response.user)

    async def list(self, *, limit: int, cursor: str | None = None) -> domain.Page[domain.User]:
        """Give at most `limit` users, oldest first."""
        request = user_pb2.ListUsersRequest(page_size=limit, page_token=cursor or "")
        with page_after(cursor), self._translated():
            response = await self._stub.ListUsers(request)
        return domain.Page([_user(each) for each in response.users], response.next_page_token or None)


def _user(user: user_pb2.User) -> domain.User:
    return domain.User(user.user_id, user.email, user.name, to_time(user.create_time))
