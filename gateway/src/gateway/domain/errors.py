"""What can go wrong.

GatewayError
├── InvalidInput
├── Unauthenticated
├── Forbidden
├── NotFound
├── Conflict
└── ServiceError
    ├── ServiceUnavailable
    │   └── KeysUnavailable
    ├── ServiceTimeout
    ├── ServiceOverloaded
    └── ServiceFailed
"""

from __future__ import annotations


class GatewayError(Exception):
    """The request cannot be served. The text is for the caller: it says nothing of what is inside."""


class InvalidInput(GatewayError):  # noqa: N818  these are named as the domain says them
    """The request asks for something that cannot be."""


class Unauthenticated(GatewayError):  # noqa: N818
    """Nobody knows who asks.

    Attributes:
        token_given: There was a token, and it is not good.
    """

    def __init__(self, detail: str, *, token_given: bool = True) -> None:
        super().__init__(detail)
        self.token_given = token_given


class Forbidden(GatewayError):  # noqa: N818
    """The caller is known and may not do this."""


class NotFound(GatewayError):  # noqa: N818
    """The tenant has no such thing."""


class Conflict(GatewayError):  # noqa: N818
    """The request does not fit what is already there."""


class ServiceError(GatewayError):
    """A service behind the edge did not do its part.

    Args:
        service: As the caller may know it, such as "order".
    """

    reason = "failed"

    def __init__(self, service: str) -> None:
        super().__init__(f"the {service} service {self.reason}")


class ServiceUnavailable(ServiceError):  # noqa: N818
    """It cannot be reached, or is about to stop."""

    reason = "or something that it needs is not available"


class KeysUnavailable(ServiceUnavailable):
    """The keys that tokens are verified with cannot be had."""

    def __init__(self) -> None:
        GatewayError.__init__(self, "the keys that tokens are verified with are not available")


class ServiceTimeout(ServiceError):  # noqa: N818
    """It did not answer in time; what was asked of it may be done or not."""

    reason = "did not answer in time"


class ServiceOverloaded(ServiceError):  # noqa: N818
    """It refused, for now."""

    reason = "has too much to do"


class ServiceFailed(ServiceError):  # noqa: N818
    """It failed, or answered with something that makes no sense."""
