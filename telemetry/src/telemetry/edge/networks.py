"""Values by network: which network an address belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Generic, TypeVar
from urllib.parse import unquote

from telemetry.settings.env import ConfigError

T = TypeVar("T")


class Networks(Generic[T]):
    """A mapping of networks to values; the smallest network that contains an address decides.

    Args:
        values: Network, such as "10.0.0.0/8" or "::1", → value.

    Raises:
        ConfigError: A network is invalid.
    """

    _LIMIT = 1000

    def __init__(self, values: Mapping[str, T]) -> None:
        try:
            networks = [(ip_network(text), value) for text, value in values.items()]
        except ValueError as error:
            raise ConfigError(f"{error}: expected a network such as 10.0.0.0/8 or an address") from None
        self._networks = sorted(networks, key=lambda entry: -entry[0].prefixlen)
        self._known: dict[str, T | None] = {}

    def find(self, address: str, default: T) -> T:
        """Return the value of the smallest network that contains the address; the default when none does."""
        try:
            found = self._known[address]
        except KeyError:
            found = self._search(address)
            if len(self._known) < self._LIMIT:
                self._known[address] = found
        return default if found is None else found

    def _search(self, text: str) -> T | None:
        address = _parse(text)
        return None if address is None else next((value for net, value in self._networks if address in net), None)


def peer_address(peer: str) -> str:
    """Return the address in gRPC's name of a peer, such as ``ipv4:10.0.0.1:4711``; "" when it has none."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else ""


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
