"""Whom to believe: decided before a span opens, by a policy for HTTP requests and by `Trust` for gRPC calls.

A policy may be made of others: ``by_route({"/internal": internal(), "/": public})``, ``by_peer({"10.0.0.0/8": …})``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from telemetry.asgi import Scope
from telemetry.edge.networks import Networks, peer_address
from telemetry.settings.env import ConfigError

if TYPE_CHECKING:  # generic to the type checker alone
    from grpc import aio

    ServicerContext = aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Edge:
    """What the edge decides of a request before its span opens.

    Attributes:
        continue_trace: The caller is trusted: his trace goes on here, with his decision to sample it. Otherwise his
            context becomes a link.
        tenant: Who the request is for, out of a verified token, on spans as ``tenant.id``; None when nobody is known.
        baggage: The names of the caller's baggage that are kept, if he is trusted; all else is dropped.
    """

    continue_trace: bool = False
    tenant: str | None = None
    baggage: Collection[str] = ()


EdgePolicy = Callable[[Scope], Awaitable[Edge]]

_PUBLIC = Edge()


async def public(_scope: Scope) -> Edge:
    """Trust nobody: an inbound context becomes a link, baggage is dropped, whether to sample is decided here."""
    return _PUBLIC


def internal(baggage: Collection[str] = ()) -> EdgePolicy:
    """Make a policy for callers of the house: their traces go on here, with their baggage of these names."""
    edge = Edge(continue_trace=True, baggage=frozenset(baggage))

    async def policy(_scope: Scope) -> Edge:
        return edge

    return policy


def by_route(policies: Mapping[str, EdgePolicy], default: EdgePolicy = public) -> EdgePolicy:
    """Choose by the path: the longest prefix that ends where a segment does, so "/api" covers "/api/x", not "/apix".

    Raises:
        ConfigError: A prefix does not start with a slash.
    """
    for prefix in policies:
        if not prefix.startswith("/"):
            raise ConfigError(f"by_route: prefix={prefix!r}: expected a path such as /internal")
    prefixes = sorted(((prefix.rstrip("/") + "/", policy) for prefix, policy in policies.items()), key=_longest_first)

    async def policy(scope: Scope) -> Edge:
        path = scope["path"] + "/"
        chosen = next((each for prefix, each in prefixes if path.startswith(prefix)), default)
        return await chosen(scope)

    return policy


def by_peer(policies: Mapping[str, EdgePolicy], default: EdgePolicy = public) -> EdgePolicy:
    """Choose by the address that the connection comes from: the smallest network (CIDR) that holds it.

    It is the server's idea of the client: behind a proxy that is the proxy, unless the server is told to believe its
    ``X-Forwarded-For``. A peer without an address (a Unix socket) gets the default.

    Raises:
        ConfigError: A network is none.
    """
    networks = Networks(policies)

    async def policy(scope: Scope) -> Edge:
        client = scope.get("client")
        return await networks.find(client[0] if client else "", default)(scope)

    return policy


@dataclass(frozen=True, slots=True)
class Trust:
    """What a gRPC server believes of a caller's metadata.

    Attributes:
        trace: The caller's trace goes on here; otherwise his context becomes a link.
        tenant: The caller's word on whom the call is for; otherwise the call has no tenant.
        baggage: The names of the caller's baggage that are kept, if his trace is; all else is dropped.
    """

    trace: bool = True
    tenant: bool = True
    baggage: Collection[str] = ()


TRUSTED = Trust()
UNTRUSTED = Trust(trace=False, tenant=False)

# Called with the call's context, which knows the peer's address and, with mTLS, its certificate (`auth_context`).
TrustPolicy = Callable[["ServicerContext"], Trust]


def trust_by_peer(networks: Mapping[str, Trust], default: Trust = UNTRUSTED) -> TrustPolicy:
    """Choose by the address that the call comes from: the smallest network (CIDR) that holds it.

    Raises:
        ConfigError: A network is none.
    """
    known = Networks(networks)

    def policy(context: ServicerContext) -> Trust:
        return known.find(peer_address(context.peer()), default)

    return policy


def may_propagate(host: str, allowed: Collection[str] | None) -> bool:
    """Tell whether context may be sent to the host: "user" names one, "*.internal" all below; None allows every one."""
    if allowed is None:
        return True
    name = host.lower().rstrip(".")
    return any(name == each or (each.startswith("*.") and name.endswith(each[1:])) for each in map(str.lower, allowed))


def _longest_first(entry: tuple[str, EdgePolicy]) -> int:
    return -len(entry[0])
