from __future__ import annotations

import socket
from uuid import UUID, uuid4

import pytest
from grpc import StatusCode, aio

from order_service.clients import RETRYABLE, UserClient
from order_service.domain import Refusal, UserId, UserNotFound, UserServiceTimeout, UserServiceUnavailable
from telemetry import Telemetry, use_tenant
from telemetry.context.deadline import deadline


@pytest.fixture
def client(user_channel: aio.Channel) -> UserClient:
    return UserClient(user_channel)


@pytest.fixture
def known(user_id: str) -> UserId:
    return UserId(UUID(user_id))


async def test_a_user_that_there_is_passes(client: UserClient, known: UserId) -> None:
    await client.require(known)


async def test_a_user_of_another_tenant_is_not_there(client: UserClient, known: UserId) -> None:
    with use_tenant("somebody-else"), pytest.raises(UserNotFound, match=str(known)):
        await client.require(known)


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (StatusCode.NOT_FOUND, UserNotFound),
        (StatusCode.UNAVAILABLE, UserServiceUnavailable),
        (StatusCode.DEADLINE_EXCEEDED, UserServiceTimeout),
    ],
)
async def test_a_status_has_a_meaning_of_the_domain(
    client: UserClient, known: UserId, failures: list[StatusCode], status: StatusCode, refusal: type[Refusal]
) -> None:
    failures += [status] * 3

    with pytest.raises(refusal):
        await client.require(known)


async def test_a_status_without_a_meaning_is_a_fault(
    client: UserClient, known: UserId, failures: list[StatusCode]
) -> None:
    failures.append(StatusCode.DATA_LOSS)

    with pytest.raises(aio.AioRpcError):
        await client.require(known)


async def test_a_moment_of_unavailability_is_not_noticed(
    client: UserClient, known: UserId, failures: list[StatusCode]
) -> None:
    failures.append(StatusCode.UNAVAILABLE)

    await client.require(known)

    assert failures == []


async def test_nobody_there_means_unavailable(telemetry: Telemetry) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with telemetry.channel(f"127.0.0.1:{nobody.getsockname()[1]}", retryable=RETRYABLE) as channel:
            with pytest.raises(UserServiceUnavailable):
                await UserClient(channel).require(UserId(uuid4()))


async def test_somebody_silent_means_too_late(telemetry: Telemetry) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        async with telemetry.channel(f"127.0.0.1:{silent.getsockname()[1]}", retryable=RETRYABLE) as channel:
            with deadline(0.1), pytest.raises(UserServiceTimeout):
                await UserClient(channel).require(UserId(uuid4()))
