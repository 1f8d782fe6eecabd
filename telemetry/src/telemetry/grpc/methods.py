"""The name, attributes and filter result of a method, computed once per method and not per call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grpc import HandlerCallDetails
from opentelemetry.instrumentation.grpc import filters
from opentelemetry.util.types import AttributeValue

from telemetry import semconv

BARRIER_SERVICE = "throughline.test.v1.Barrier"

# Gets gRPC's details of a call before it starts; true when the call is traced.
CallFilter = Callable[[HandlerCallDetails], bool]

ordinary_calls: CallFilter = filters.negate(
    filters.any_of(
        filters.health_check(),
        filters.service_prefix("grpc.reflection."),
        filters.service_prefix(BARRIER_SERVICE),
    )
)


@dataclass(frozen=True, slots=True)
class Method:
    """A method's span name, such as ``shop.user.v1.UserService/GetUser``, and the attributes of each of its spans."""

    name: str
    attributes: dict[str, AttributeValue]
    traced: bool


class Methods:
    """The methods called so far, up to a limit: a peer can send any number of names."""

    _LIMIT = 1000

    def __init__(self, traced: CallFilter, attributes: dict[str, AttributeValue] | None = None) -> None:
        self._traced = traced
        self._attributes = attributes or {}
        self._known: dict[str, Method] = {}

    def get(self, path: str | bytes) -> Method:
        """Return the method of a path such as ``/shop.user.v1.UserService/GetUser``."""
        text = path.decode("ascii", "replace") if isinstance(path, bytes) else path
        method = self._known.get(text)
        if method is None:
            method = self._make(text)
            if len(self._known) < self._LIMIT:
                self._known[text] = method
        return method

    def _make(self, path: str) -> Method:
        name = path.removeprefix("/")
        attributes = {semconv.RPC_SYSTEM_NAME: semconv.RPC_SYSTEM_GRPC, semconv.RPC_METHOD: name, **self._attributes}
        return Method(name, attributes, self._traced(_Details(path)))


class _Details(HandlerCallDetails):
    """The filters of opentelemetry.instrumentation.grpc only read the method."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.invocation_metadata = ()
