from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.ports import HOST, Ports, free_ports
from telemetry import ConfigError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


def test_each_program_has_its_usual_port() -> None:
    assert Ports.from_env({}) == Ports.usual()
    assert Ports.usual().of.items() >= {"gateway": 8000, "user": 50051, "order": 50052, "console": 16686}.items()


def test_the_environment_moves_a_port() -> None:
    assert Ports.from_env({"ORDER_PORT": "4000"}) == Ports({**Ports.usual().of, "order": 4000})


@pytest.mark.parametrize("value", ["0", "65536", "http"])
def test_a_port_that_is_none_is_named(value: str) -> None:
    with pytest.raises(ConfigError, match=f"USER_PORT='{value}': expected a whole number between 1 and 65535"):
        Ports.from_env({"USER_PORT": value})


def test_a_taken_port_is_one_line_with_the_variable_that_moves_it(taken: int) -> None:
    ports = Ports({**Ports.free().of, "gateway": taken})

    with pytest.raises(ConfigError) as failure:
        ports.check()

    assert str(failure.value) == f"port {taken} (gateway) is taken: stop what listens there, or set GATEWAY_PORT"


def test_two_programs_cannot_share_a_port() -> None:
    ports = Ports.free()

    with pytest.raises(ConfigError, match=f"USER_PORT={ports.of['user']}: expected a port for each program alone"):
        Ports({**ports.of, "order": ports.of["user"]}).check()


def test_free_ports_are_free_and_different() -> None:
    ports = Ports.free()

    ports.check()
    assert len(set(ports.of.values())) == len(ports.of) >= 4


def test_free_ports_are_none_that_an_outgoing_connection_may_have() -> None:
    first_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert all(port < first_outgoing for port in free_ports(20))
