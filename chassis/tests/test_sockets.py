from __future__ import annotations

import socket

import pytest

from chassis.sockets import listen
from telemetry import ConfigError


def test_a_free_port_is_taken_and_answers() -> None:
    with listen("127.0.0.1:0") as listener, socket.create_connection(listener.getsockname()) as client:
        assert client.getpeername() == listener.getsockname()


def test_the_protocol_is_named_so_that_asyncio_turns_nagles_algorithm_off() -> None:
    with listen("127.0.0.1:0") as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_ipv6_stands_in_brackets() -> None:
    with listen("[::1]:0") as listener:
        assert listener.family == socket.AF_INET6


def test_a_taken_address_is_one_clear_line() -> None:
    with listen("127.0.0.1:0") as first:
        address = f"127.0.0.1:{first.getsockname()[1]}"
        with pytest.raises(ConfigError) as raised:
            listen(address)

    assert str(raised.value) == f"LISTEN={address!r}: the address cannot be bound: Address already in use"


def test_an_address_is_shared_when_both_say_so() -> None:
    with listen("127.0.0.1:0", reuse_port=True) as first:
        address = f"127.0.0.1:{first.getsockname()[1]}"
        with listen(address, reuse_port=True) as second:
            assert second.getsockname() == first.getsockname()
        with pytest.raises(ConfigError, match="the address cannot be bound: Address already in use"):
            listen(address)


def test_a_host_that_nobody_knows_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match=r"^HERE='no-such-host\.invalid:80': the address cannot be bound: .+$"):
        listen("no-such-host.invalid:80", "HERE")
