from __future__ import annotations

import json
from typing import Any

import grpc
import pytest
from grpc import StatusCode, aio
from opentelemetry.instrumentation.grpc import filters

from telemetry import ChannelOptions, ConfigError
from telemetry.grpc.channel import server_of, service_config, wait_until_ready
from telemetry.grpc.methods import ordinary_calls


def test_methods_that_may_run_twice_are_retried_when_their_server_is_away() -> None:
    config = json.loads(service_config(ChannelOptions(retryable=("a.v1.A/Get", "b.v1.B/List"))))

    (method,) = config["methodConfig"]
    assert method["name"] == [{"service": "a.v1.A", "method": "Get"}, {"service": "b.v1.B", "method": "List"}]
    assert method["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]
    assert method["retryPolicy"]["maxAttempts"] == 3


def test_calls_are_spread_over_the_addresses_of_the_target() -> None:
    assert json.loads(service_config(ChannelOptions())) == {"loadBalancingConfig": [{"round_robin": {}}]}
    assert json.loads(service_config(ChannelOptions(load_balancing="pick_first"))) == {
        "loadBalancingConfig": [{"pick_first": {}}]
    }


@pytest.mark.parametrize("name", ["", "GetUser", "/shop.user.v1.UserService/GetUser", "shop.UserService/", "a/b/c"])
def test_a_retryable_method_that_is_no_full_name_is_one_clear_line(telemetry: Any, name: str) -> None:
    with pytest.raises(ConfigError) as raised:
        telemetry.channel("user:50051", retryable=(name,))

    assert str(raised.value) == (f"retryable={name!r}: expected a full name such as shop.user.v1.UserService/GetUser")


@pytest.mark.parametrize(
    ("target", "server"),
    [
        ("user:50051", ("user", 50051)),
        ("127.0.0.1:1", ("127.0.0.1", 1)),
        ("dns:///user:50051", ("user", 50051)),
        ("dns:///user", ("user", None)),
        ("dns://8.8.8.8/user:50051", ("user", 50051)),
        ("user", ("user", None)),
        ("[::1]:50051", ("::1", 50051)),
        ("dns:///[::1]:50051", ("::1", 50051)),
        ("dns:user:50051", ("user", 50051)),
        ("ipv4:127.0.0.1:50051", ("127.0.0.1", 50051)),
        ("unix:/run/user.sock", ("/run/user.sock", None)),
        ("unix:///run/user.sock", ("/run/user.sock", None)),
    ],
)
def test_a_target_names_its_server(target: str, server: tuple[str, int | None]) -> None:
    assert server_of(target) == server


async def test_options_of_code_win_over_the_defaults(telemetry: Any, start: Any) -> None:
    async def answer(_request: bytes, _context: Any) -> bytes:
        return b"x" * 100

    address = await start(Answer=grpc.unary_unary_rpc_method_handler(answer))
    options = ChannelOptions(retryable=("test.Service/Other",), options=(("grpc.max_receive_message_length", 10),))
    async with telemetry.channel(address, retryable=("test.Service/Answer",), options=options) as channel:
        with pytest.raises(aio.AioRpcError) as raised:
            await channel.unary_unary("/test.Service/Answer")(b"")

    assert raised.value.code() is StatusCode.RESOURCE_EXHAUSTED


async def test_a_channel_is_ready_when_its_server_is(telemetry: Any, start: Any) -> None:
    async with telemetry.channel(await start()) as channel:
        await wait_until_ready(channel)

        assert channel.get_state() is grpc.ChannelConnectivity.READY
        await channel.wait_for_state_change(grpc.ChannelConnectivity.IDLE)


async def test_the_wait_for_a_server_ends(telemetry: Any, unused_address: str) -> None:
    async with telemetry.channel(unused_address) as channel:
        with pytest.raises(TimeoutError) as raised:
            await wait_until_ready(channel, 0.2)

    assert str(raised.value).startswith("no connection within 0.2 s: the channel is ")


async def test_which_calls_are_traced_is_a_filter_of_each_side(
    telemetry: Any, serve_grpc: Any, started: list[Any]
) -> None:
    async def answer(request: bytes, _context: Any) -> bytes:
        return request

    traced = filters.all_of(ordinary_calls, filters.negate(filters.method_prefix("Ping")))
    handlers: dict[str, Any] = {name: grpc.unary_unary_rpc_method_handler(answer) for name in ("Ping", "Answer")}
    async with (
        serve_grpc(telemetry.server(traced=traced), **handlers) as address,
        telemetry.channel(address, traced=traced) as channel,
    ):
        for name in handlers:
            assert await channel.unary_unary(f"/test.Service/{name}")(b"x") == b"x"

    assert [span.name for span in started] == ["test.Service/Answer"] * 2
