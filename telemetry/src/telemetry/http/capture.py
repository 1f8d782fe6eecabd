"""What of a request's headers and query is written on its span: what is asked for, and never a secret."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from opentelemetry.semconv._incubating.attributes.http_attributes import (
    HTTP_REQUEST_HEADER_TEMPLATE,
    HTTP_RESPONSE_HEADER_TEMPLATE,
)

from telemetry.redaction import REDACTED, is_secret_header, redact, redact_query

_LONGEST_VALUE = 256

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """What of requests and responses is written on their spans.

    Values pass through `telemetry.redaction` first, and those of headers such as ``Authorization`` and ``Cookie`` are
    never shown.

    Attributes:
        request_headers: Names, written as ``http.request.header.NAME``.
        response_headers: Names, written as ``http.response.header.NAME``.
        query: Parameters whose values ``url.query`` shows; those of all others are REDACTED.
    """

    request_headers: Collection[str] = ()
    response_headers: Collection[str] = ()
    query: Collection[str] = ()


class Captured:
    """What a `Capture` asks for, made ready."""

    __slots__ = ("_query", "_request", "_response")

    def __init__(self, capture: Capture) -> None:
        self._request = _attribute_names(HTTP_REQUEST_HEADER_TEMPLATE, capture.request_headers)
        self._response = _attribute_names(HTTP_RESPONSE_HEADER_TEMPLATE, capture.response_headers)
        self._query = frozenset(capture.query)

    def of_request(self, headers: Headers) -> dict[str, tuple[str, ...]]:
        """Give the attributes of a request's headers."""
        return _found(self._request, headers) if self._request else {}

    def of_response(self, headers: Headers) -> dict[str, tuple[str, ...]]:
        """Give the attributes of a response's headers."""
        return _found(self._response, headers) if self._response else {}

    def query(self, query: bytes) -> str:
        """Give ``url.query``."""
        return redact_query(query.decode("latin-1"), self._query)


def _attribute_names(template: str, names: Collection[str]) -> dict[bytes, str]:
    return {name.lower().encode("latin-1"): f"{template}.{name.lower()}" for name in names}


def _found(wanted: Mapping[bytes, str], headers: Headers) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in headers:
        attribute = wanted.get(name.lower())
        if attribute is not None:
            shown = REDACTED if is_secret_header(name.decode("latin-1")) else header_text(value)
            found[attribute] = (*found.get(attribute, ()), shown)
    return found


@lru_cache(maxsize=1024)
def header_text(value: bytes) -> str:
    """Give a header's value as a span shows it: redacted, and not longer than 256 characters."""
    return redact(value.decode("latin-1")[:_LONGEST_VALUE])
