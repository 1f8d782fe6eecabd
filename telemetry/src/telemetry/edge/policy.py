"""Which callers are trusted: decided before a span starts, by a policy for HTTP and by `Trust` for gRPC.

Policies compose: ``by_route({"/internal": internal(), "/": public})``, ``by_peer({"10.0.0.0/8": …})``.
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
    """What the edge decides about a request before its span starts.

    Attributes:
        continue_trace: The caller is trusted: its trace continues here, with its sampling decision. Otherwise its
            context becomes a link.
        tenant: The tenant from a verified token, on spans as ``tenant.id``; None when there is none.
        baggage: The baggage keys that are kept of a trusted caller; all others are dropped.
    """

    continue_trace: bool = False
    tenant: str | None = None
    baggage: Collection[str] = ()


EdgePolicy = Callable[[Scope], Awaitable[Edge]]
"""Decides from a request's ASGI scope what the edge trusts; runs before the span opens."""

_PUBLIC = Edge()


async def public(_scope: Scope) -> Edge:
    """Trust no caller: an inbound context becomes a link, baggage is dropped, sampling is decided here."""
    return _PUBLIC


def internal(baggage: Collection[str] = ()) -> EdgePolicy:
    """Return a policy for internal callers: their traces continue here, with their baggage under these keys."""
    edge = Edge(continue_trace=True, baggage=frozenset(baggage))

    async def policy(_scope: Scope) -> Edge:
        return edge

    return policy


def by_route(policies: Mapping[str, EdgePolicy], default: EdgePolicy = public) -> EdgePolicy:
    """Choose by path: the longest prefix of whole segments, so "/api" covers "/api/x" but not "/apix".

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
    """Choose by the peer's address: the smallest network (CIDR) that contains it.

    The peer is what the server sees as the client: behind a proxy that is the proxy, unless the server is configured to
    trust its ``X-Forwarded-For``. A peer without an address (a Unix socket) gets the default.

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
    """Which of a caller's metadata a gRPC server trusts.

    Attributes:
        trace: The caller's trace continues here; otherwise its context becomes a link.
        tenant: The caller's tenant is taken over; otherwise the call has none.
        baggage: The baggage keys that are kept if the trace continues; all others are dropped.
    """

    trace: bool = True
    tenant: bool = True
    baggage: Collection[str] = ()


TRUSTED = Trust()
UNTRUSTED = Trust(trace=False, tenant=False)

# Called with the call's context: the peer's address and, with mTLS, its certificate (`auth_context`).
TrustPolicy = Callable[["ServicerContext"], Trust]


def trust_by_peer(networks: Mapping[str, Trust], default: Trust = UNTRUSTED) -> TrustPolicy:
    """Choose by the peer's address: the smallest network (CIDR) that contains it.

    Raises:
        ConfigError: A network is none.
    """
    known = Networks(networks)

    def policy(context: ServicerContext) -> Trust:
        return known.find(peer_address(context.peer()), default)

    return policy


def may_propagate(host: str, allowed: Collection[str] | None) -> bool:
    """Return whether context may go to the host: "user" is one, "*.internal" all below it; None allows every host."""
    if allowed is None:
        return True
    name = host.lower().rstrip(".")
    return any(name == each or (each.startswith("*.") and name.endswith(each[1:])) for each in map(str.lower, allowed))


def _longest_first(entry: tuple[str, EdgePolicy]) -> int:
    return -len(entry[0])
