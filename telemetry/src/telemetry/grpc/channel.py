"""The channel factory: tracing, tenant, deadlines, retries, and fast reconnection after an outage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import grpc
from grpc import aio

from telemetry.grpc.outgoing import OutgoingCalls
from telemetry.grpc.traced_channel import TracedChannel
from telemetry.settings.env import ConfigError

# At most three attempts, for a server that is unavailable:
# https://github.com/grpc/proposal/blob/master/A6-client-retries.md
_RETRY_POLICY = {
    "maxAttempts": 3,
    "initialBackoff": "0.05s",
    "maxBackoff": "0.5s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}

# gRPC's defaults wait up to two minutes before they reconnect to a server that was unavailable, and 30 s before they
# resolve its address again. Only the keepalive notices a peer that disappears without closing the connection.
_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.enable_retries", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.keepalive_permit_without_calls", 0),
    ("grpc.http2.max_pings_without_data", 0),  # else a quiet stream's keepalive stops after two pings
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOptions:
    """The options of a channel.

    Attributes:
        retryable: Full names, such as ``shop.user.v1.UserService/GetUser``, of idempotent methods.
        credentials: TLS or mTLS (``grpc.ssl_channel_credentials``); None is plain text.
        load_balancing: gRPC's load balancing policy.
        options: More channel arguments; they override the defaults.
    """

    retryable: Sequence[str] = ()
    credentials: grpc.ChannelCredentials | None = None
    load_balancing: str = "round_robin"
    options: Sequence[tuple[str, str | int]] = field(default_factory=tuple)


def make_channel(target: str, calls: OutgoingCalls, options: ChannelOptions) -> TracedChannel:
    """Create a channel; it connects on the first call."""
    arguments = dict(_OPTIONS) | {"grpc.service_config": service_config(options)} | dict(options.options)
    if options.credentials is None:
        channel = aio.insecure_channel(target, options=list(arguments.items()))
    else:
        channel = aio.secure_channel(target, options.credentials, options=list(arguments.items()))
    return TracedChannel(channel, calls)


async def wait_until_ready(channel: aio.Channel, seconds: float = 10.0) -> None:
    """Wait until the channel has a connection to its server.

    Raises:
        TimeoutError: There was none within that many seconds; the message has the channel's state.
    """
    try:
        async with asyncio.timeout(seconds):
            await channel.channel_ready()
    except TimeoutError:
        raise TimeoutError(f"no connection within {seconds:g} s: the channel is {channel.get_state().name}") from None


def service_config(options: ChannelOptions) -> str:
    """Return the service config as JSON (https://github.com/grpc/grpc/blob/master/doc/service_config.md)."""
    config: dict[str, object] = {"loadBalancingConfig": [{options.load_balancing: {}}]}
    if options.retryable:
        names = [_method_name(name) for name in options.retryable]
        config["methodConfig"] = [{"name": names, "retryPolicy": _RETRY_POLICY}]
    return json.dumps(config)


def server_of(target: str) -> tuple[str, int | None]:
    """Return the host and the port of a target; the port is None when it has none.

    ``dns:///user:50051`` and ``user:50051`` both give ``("user", 50051)``; an IPv6 host loses its brackets.
    """
    scheme, _colon, rest = target.partition(":")
    if scheme in {"unix", "unix-abstract"}:
        return rest.removeprefix("//"), None
    address = rest.rpartition("/")[2] if scheme in {"dns", "ipv4", "ipv6"} else target
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        return address, None
    return host.strip("[]"), int(port)


def _method_name(full_name: str) -> dict[str, str]:
    service, slash, method = full_name.partition("/")
    if not (service and slash and method) or "/" in method:
        raise ConfigError(f"retryable={full_name!r}: expected a full name such as shop.user.v1.UserService/GetUser")
    return {"service": service, "method": method}
