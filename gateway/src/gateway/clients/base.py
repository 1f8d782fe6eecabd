"""What the clients of all services have: the meaning of a status, and readiness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import ClassVar

from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode, aio

from chassis.health import check
from gateway import domain

# The caller's mistakes: the service's own text says what is wrong.
_CALLER: Mapping[StatusCode, type[domain.GatewayError]] = {
    StatusCode.INVALID_ARGUMENT: domain.InvalidInput,
    StatusCode.OUT_OF_RANGE: domain.InvalidInput,
    StatusCode.NOT_FOUND: domain.NotFound,
    StatusCode.ALREADY_EXISTS: domain.Conflict,
    StatusCode.FAILED_PRECONDITION: domain.Conflict,
    StatusCode.ABORTED: domain.Conflict,
    StatusCode.PERMISSION_DENIED: domain.Forbidden,
}
# The service's failures: gRPC's text may name addresses, so a text of our own is given. All other codes are
# ServiceFailed, UNAUTHENTICATED too: the caller's token was good.
_SERVICE: Mapping[StatusCode, type[domain.ServiceError]] = {
    StatusCode.UNAVAILABLE: domain.ServiceUnavailable,
    StatusCode.CANCELLED: domain.ServiceUnavailable,
    StatusCode.DEADLINE_EXCEEDED: domain.ServiceTimeout,
    StatusCode.RESOURCE_EXHAUSTED: domain.ServiceOverloaded,
}


class Client:
    """A service behind the edge. Every method raises GatewayError.

    Args:
        channel: Carries the tenant, the trace and the deadline.

    Attributes:
        name: As the caller may know it, such as "order".
        service: Its full name.
        retryable: Full names of methods that may safely run twice.
    """

    name: ClassVar[str]
    service: ClassVar[str]
    retryable: ClassVar[tuple[str, ...]]

    def __init__(self, channel: aio.Channel) -> None:
        self._channel = channel

    async def is_ready(self) -> bool:
        """Tell whether the service can do its work."""
        return await check(self._channel, self.service)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise what a status means to the caller."""
        try:
            yield
        except aio.AioRpcError as error:
            raise _to_domain(self.name, error.code(), error.details() or "") from error


@contextmanager
def page_after(cursor: str | None) -> Iterator[None]:
    """Tell of a refused page token by the caller's own name for it: all else in the request has been checked."""
    try:
        yield
    except domain.InvalidInput as error:
        if cursor is None:
            raise
        raise domain.InvalidInput("cursor: expected the next_cursor of the page before, unchanged") from error


def _to_domain(service: str, code: StatusCode, details: str) -> domain.GatewayError:
    if code in _CALLER:
        return _CALLER[code](details or f"the {service} service refused the request")
    return _SERVICE.get(code, domain.ServiceFailed)(service)


def to_time(timestamp: Timestamp) -> datetime:
    """Give the moment, in UTC."""
    return timestamp.ToDatetime(tzinfo=UTC)
