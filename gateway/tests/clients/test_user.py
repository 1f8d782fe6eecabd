from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from grpc import StatusCode

from gateway import domain
from gateway.clients.user import UserClient
from shop.user.v1 import user_pb2
from telemetry import Telemetry


@pytest.fixture
async def users(telemetry: Telemetry, user_service: Any) -> AsyncIterator[UserClient]:
    async with telemetry.channel(user_service.address, retryable=UserClient.retryable, timeout=1.0) as channel:
        yield UserClient(channel)


async def test_a_user_is_created(users: UserClient, user_service: Any, user_id: str) -> None:
    user = await users.create("ada@example.com", "Ada")

    assert user == domain.User(user_id, "ada@example.com", "Ada", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert user_service.calls[0].request == user_pb2.CreateUserRequest(email="ada@example.com", name="Ada")


async def test_pages_carry_their_cursor_there_and_back(users: UserClient, user_service: Any, make_user: Any) -> None:
    user_service.answers["ListUsers"] = user_pb2.ListUsersResponse(users=[make_user()], next_page_token="next")

    page = await users.list(limit=7, cursor="here")

    assert (len(page.items), page.next_cursor) == (1, "next")
    assert user_service.calls[0].request == user_pb2.ListUsersRequest(page_size=7, page_token="here")


async def test_the_last_page_has_no_cursor(users: UserClient) -> None:
    assert (await users.list(limit=7)).next_cursor is None


async def test_a_new_user_is_tried_once(users: UserClient, user_service: Any) -> None:
    user_service.answers["CreateUser"] = StatusCode.UNAVAILABLE

    with pytest.raises(domain.ServiceUnavailable):
        await users.create("ada@example.com", "Ada")

    assert len(user_service.calls) == 1


async def test_reading_is_tried_again(users: UserClient, user_service: Any) -> None:
    user_service.answers["GetUser"] = StatusCode.UNAVAILABLE

    with pytest.raises(domain.ServiceUnavailable):
        await users.get("x")

    assert len(user_service.calls) == 3
