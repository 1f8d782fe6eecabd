from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from grpc import StatusCode, aio
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shop.user.v1.user_pb2 import CreateUserRequest, GetUserRequest, ListUsersRequest, User
from telemetry import use_tenant

if TYPE_CHECKING:
    from shop.user.v1.user_pb2_grpc import UserServiceAsyncStub as Stub

ADA = CreateUserRequest(email="Ada@Example.com", name=" Ada Lovelace ")


async def create(stub: Stub, request: CreateUserRequest = ADA) -> User:
    return (await stub.CreateUser(request)).user


class TestCreateUser:
    async def test_gives_the_user_back(self, stub: Stub) -> None:
        user = await create(stub)

        assert (user.email, user.name) == ("ada@example.com", "Ada Lovelace")
        assert user.create_time.seconds > 0

    async def test_refuses_an_address_that_is_taken_in_any_case(self, stub: Stub) -> None:
        await create(stub)

        with pytest.raises(aio.AioRpcError) as refused:
            await create(stub, CreateUserRequest(email="ADA@example.com", name="Eve"))

        assert refused.value.code() is StatusCode.ALREADY_EXISTS
        assert refused.value.details() == "another user has this e-mail address"

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (CreateUserRequest(), "email"),
            (CreateUserRequest(email="ada", name="Ada"), "email"),
            (CreateUserRequest(email="ada@example.com"), "name"),
            (CreateUserRequest(email="ada@example.com", name="a\x00"), "name"),
        ],
    )
    async def test_says_which_value_is_wrong(self, stub: Stub, request_: CreateUserRequest, field: str) -> None:
        with pytest.raises(aio.AioRpcError) as refused:
            await create(stub, request_)

        assert refused.value.code() is StatusCode.INVALID_ARGUMENT
        assert (refused.value.details() or "").startswith(f"{field}: expected")


class TestGetUser:
    async def test_gives_the_user(self, stub: Stub) -> None:
        user = await create(stub)

        assert (await stub.GetUser(GetUserRequest(user_id=user.user_id))).user == user

    async def test_leaves_one_span_of_the_call_and_one_of_the_statement(
        self, stub: Stub, spans: InMemorySpanExporter, tenant: str
    ) -> None:
        user = await create(stub)
        spans.clear()

        await stub.GetUser(GetUserRequest(user_id=user.user_id))

        names = [(span.name, span.kind.name) for span in spans.get_finished_spans()]
        assert names == [
            ("SELECT users", "CLIENT"),
            ("shop.user.v1.UserService/GetUser", "SERVER"),
            ("shop.user.v1.UserService/GetUser", "CLIENT"),
        ]
        assert {(span.attributes or {})["tenant.id"] for span in spans.get_finished_spans()} == {tenant}

    async def test_finds_no_user_of_another_tenant(self, stub: Stub) -> None:
        user = await create(stub)

        with use_tenant("somebody-else"), pytest.raises(aio.AioRpcError) as refused:
            await stub.GetUser(GetUserRequest(user_id=user.user_id))

        assert refused.value.code() is StatusCode.NOT_FOUND
        assert refused.value.details() == f"there is no user {user.user_id}"

    async def test_refuses_what_is_no_id(self, stub: Stub) -> None:
        with pytest.raises(aio.AioRpcError) as refused:
            await stub.GetUser(GetUserRequest(user_id=str(uuid4()).upper()))

        assert refused.value.code() is StatusCode.INVALID_ARGUMENT


class TestListUsers:
    async def test_gives_pages_until_the_token_is_empty(self, stub: Stub) -> None:
        made = [await create(stub, CreateUserRequest(email=f"{n}@example.com", name="N")) for n in range(5)]

        first = await stub.ListUsers(ListUsersRequest(page_size=3))
        second = await stub.ListUsers(ListUsersRequest(page_size=3, page_token=first.next_page_token))

        assert [*first.users, *second.users] == made
        assert second.next_page_token == ""

    @pytest.mark.parametrize(
        "request_", [ListUsersRequest(page_size=-1), ListUsersRequest(page_size=101), ListUsersRequest(page_token="x")]
    )
    async def test_refuses_a_page_that_cannot_be(self, stub: Stub, request_: ListUsersRequest) -> None:
        with pytest.raises(aio.AioRpcError) as refused:
            await stub.ListUsers(request_)

        assert refused.value.code() is StatusCode.INVALID_ARGUMENT
