"""Between the proto and the domain, and nothing else: a domain error that leaves here is mapped by `server.STATUS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import override

from chassis.pagination import PageRequest
from shop.user.v1 import user_pb2 as pb
from shop.user.v1.user_pb2_grpc import UserServiceServicer
from user_service.domain import User, UserDraft, parse_user_id
from user_service.users import Users

if TYPE_CHECKING:
    from shop.user.v1.user_pb2_grpc import _ServicerContext as Context


class UserServicer(UserServiceServicer):
    """Serves `Users` as ``shop.user.v1.UserService``."""

    def __init__(self, users: Users) -> None:
        self._users = users

    @override
    async def CreateUser(self, request: pb.CreateUserRequest, context: Context) -> pb.CreateUserResponse:
        user = await self._users.create(UserDraft.parse(request.email, request.name))
        return pb.CreateUserResponse(user=_to_proto(user))

    @override
    async def GetUser(self, request: pb.GetUserRequest, context: Context) -> pb.GetUserResponse:
        user = await self._users.get(parse_user_id(request.user_id))
        return pb.GetUserResponse(user=_to_proto(user))

    @override
    async def ListUsers(self, request: pb.ListUsersRequest, context: Context) -> pb.ListUsersResponse:
        page = await self._users.list(PageRequest.parse(request.page_size, request.page_token))
        return pb.ListUsersResponse(users=map(_to_proto, page.rows), next_page_token=page.next_token)


def _to_proto(user: User) -> pb.User:
    create_time = Timestamp()
    create_time.FromDatetime(user.created_at)
    return pb.User(user_id=str(user.user_id), email=user.email, name=user.name, create_time=create_time)
