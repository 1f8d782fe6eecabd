"""The first attributes of a request's or WebSocket's span, and headers as a carrier of context."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from functools import lru_cache

from opentelemetry.propagators.textmap import Getter
from opentelemetry.util.http import sanitize_method
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.asgi import Scope
from telemetry.context.inbound import is_short_enough
from telemetry.http.capture import Captured, header_text

_OTHER = "_OTHER"


@lru_cache(maxsize=64)
def known_method(method: str) -> str:
    """Return the method if the conventions know it, else ``_OTHER``."""
    return sanitize_method(method)


def span_name(scope: Scope) -> str:
    """Return the span's name until its route is known: the method, or HTTP for an unknown one."""
    method = known_method(scope.get("method", "GET"))
    return "HTTP" if method == _OTHER else method


class RequestAttributes(Mapping[str, AttributeValue]):
    """The attributes for samplers and spans, created on first access: most samplers never read them."""

    __slots__ = ("_captured", "_made", "_scope")

    def __init__(self, scope: Scope, captured: Captured) -> None:
        self._scope = scope
        self._captured = captured
        self._made: dict[str, AttributeValue] | None = None

    def __getitem__(self, name: str) -> AttributeValue:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def items(self) -> ItemsView[str, AttributeValue]:
        """Return all of them."""
        return self._all().items()

    def _all(self) -> dict[str, AttributeValue]:
        if self._made is None:
            self._made = request_attributes(self._scope, self._captured)
        return self._made


def request_attributes(scope: Scope, captured: Captured) -> dict[str, AttributeValue]:
    """Return the first attributes of a request's span."""
    method: str = scope.get("method", "GET")  # a WebSocket's handshake is a GET
    server = scope.get("server") or (None, None)
    attributes = _of_server(method, scope.get("scheme", "http"), scope.get("http_version", "1.1"), *server).copy()
    attributes[semconv.URL_PATH] = scope["path"]
    if client := scope.get("client"):
        attributes[semconv.CLIENT_ADDRESS] = client[0]
        if client[1]:
            attributes[semconv.CLIENT_PORT] = client[1]
    headers = scope["headers"]
    for name, value in headers:
        if name == b"user-agent":
            attributes[semconv.USER_AGENT_ORIGINAL] = header_text(value)
        elif name == b"content-length" and value.isdigit() and len(value) < _LONGEST_NUMBER:
            attributes[semconv.HTTP_REQUEST_BODY_SIZE] = int(value)
    if scope.get("query_string"):
        attributes[semconv.URL_QUERY] = captured.query(scope["query_string"])
    attributes.update(captured.of_request(headers))
    return attributes


@lru_cache(maxsize=256)
def _of_server(
    method: str, scheme: str, version: str, address: str | None, port: int | None
) -> dict[str, AttributeValue]:
    """Return the attributes that all requests of a method to a server share."""
    known = known_method(method)
    attributes: dict[str, AttributeValue] = {
        semconv.HTTP_REQUEST_METHOD: known,
        semconv.URL_SCHEME: scheme,
        semconv.NETWORK_PROTOCOL_VERSION: version,
    }
    if known != method:
        attributes[semconv.HTTP_REQUEST_METHOD_ORIGINAL] = method
    if address:
        attributes[semconv.SERVER_ADDRESS] = address
    if port:
        attributes[semconv.SERVER_PORT] = port
    return attributes


_LONGEST_NUMBER = 19  # digits that always fit into 64 bits


class HeaderGetter(Getter[Scope]):
    """Reads ASGI's headers; repeated headers are joined, as RFC 9110 allows."""

    def get(self, carrier: Scope, key: str) -> list[str] | None:
        """Return the joined values of a header; None when it is missing or too long."""
        name = key.lower()
        wanted = name.encode("latin-1", "replace")
        found = [value.decode("latin-1") for each, value in carrier["headers"] if each == wanted]
        value = ",".join(found)
        return [value] if found and is_short_enough(name, value) else None

    def keys(self, carrier: Scope) -> list[str]:
        """Return the headers' names."""
        return [name.decode("latin-1") for name, _value in carrier["headers"]]
