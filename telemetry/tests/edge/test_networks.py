from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import ConfigError
from telemetry.edge.networks import Networks, peer_address

NETWORKS = Networks({"10.0.0.0/8": "house", "10.1.0.0/16": "flat", "10.1.2.3": "desk", "fd00::/8": "six"})


@pytest.mark.parametrize(
    ("address", "value"),
    [
        ("10.9.9.9", "house"),
        ("10.1.9.9", "flat"),
        ("10.1.2.3", "desk"),
        ("::ffff:10.1.2.3", "desk"),
        ("fd00::1", "six"),
        ("fd00::1%eth0", "six"),
        ("192.168.0.1", "none"),
        ("", "none"),
        ("testclient", "none"),
    ],
)
def test_the_smallest_network_wins(address: str, value: str) -> None:
    assert NETWORKS.find(address, "none") == value
    assert NETWORKS.find(address, "none") == value


@given(st.text())
def test_what_is_no_address_belongs_to_no_network(text: str) -> None:
    assert NETWORKS.find(text, "none") in {"none", "house", "flat", "desk", "six"}


def test_a_network_that_is_none_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match=r"10\.0\.0\.1/8 has host bits set: expected a network such as 10\."):
        Networks({"10.0.0.1/8": 1})


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:10.0.0.1:4711", "10.0.0.1"),
        ("ipv6:[::1]:4711", "::1"),
        ("ipv6:%5B::1%5D:4711", "::1"),
        ("unix:/run/x.sock", ""),
        ("", ""),
    ],
)
def test_a_grpc_peer_has_its_address(peer: str, address: str) -> None:
    assert peer_address(peer) == address
