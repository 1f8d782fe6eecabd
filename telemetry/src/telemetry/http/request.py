"""What the span of a request or of a WebSocket says of it from the start, and the headers as a carrier of context."""

from __future__ import annotations

from opentelemetry.propagators.textmap import Getter
from opentelemetry.util.http import sanitize_method
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.asgi import Scope
from telemetry.http.capture import Captured, header_text
from telemetry.inbound import is_short_enough

_OTHER = "_OTHER"
_BAGGAGE = "baggage"


def span_name(scope: Scope) -> str:
    """Give the name that the span has until its route is known: the method, HTTP for one that nobody knows."""
    method = sanitize_method(scope.get("method", "GET"))
    return "HTTP" if method is None or method == _OTHER else method


def request_attributes(scope: Scope, captured: Captured) -> dict[str, AttributeValue]:
    """Give the attributes that samplers and spans see from the start."""
    method: str = scope.get("method", "GET")  # a WebSocket's handshake is a GET
    known = sanitize_method(method) or _OTHER
    attributes: dict[str, AttributeValue] = {
        semconv.HTTP_REQUEST_METHOD: known,
        semconv.URL_PATH: scope["path"],
        semconv.URL_SCHEME: scope.get("scheme", "http"),
        semconv.NETWORK_PROTOCOL_VERSION: scope.get("http_version", "1.1"),
    }
    if known != method:
        attributes[semconv.HTTP_REQUEST_METHOD_ORIGINAL] = method
    _add_address(attributes, semconv.SERVER_ADDRESS, semconv.SERVER_PORT, scope.get("server"))
    _add_address(attributes, semconv.CLIENT_ADDRESS, semconv.CLIENT_PORT, scope.get("client"))
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


_LONGEST_NUMBER = 19  # digits of what fits into 64 bits for sure


def _add_address(
    attributes: dict[str, AttributeValue], address: str, port: str, given: tuple[str, int | None] | None
) -> None:
    if given:
        attributes[address] = given[0]
        if given[1]:
            attributes[port] = given[1]


class HeaderGetter(Getter[Scope]):
    """Reads ASGI's headers; several of one name are joined, as RFC 9110 says they may be.

    Args:
        baggage: Whether baggage is read; what nobody wants is not parsed either.
    """

    def __init__(self, *, baggage: bool) -> None:
        self._hidden = None if baggage else _BAGGAGE

    def get(self, carrier: Scope, key: str) -> list[str] | None:
        """Give the values of a header, as one; None when it is not there, or too long."""
        name = key.lower()
        if name == self._hidden:
            return None
        wanted = name.encode("latin-1", "replace")
        found = [value.decode("latin-1") for each, value in carrier["headers"] if each == wanted]
        value = ",".join(found)
        return [value] if found and is_short_enough(name, value) else None

    def keys(self, carrier: Scope) -> list[str]:
        """Give the headers' names."""
        return [name.decode("latin-1") for name, _value in carrier["headers"]]


WITH_BAGGAGE = HeaderGetter(baggage=True)
WITHOUT_BAGGAGE = HeaderGetter(baggage=False)
