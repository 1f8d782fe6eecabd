"""Walks through an export request: the same for spans, log records and metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from google.protobuf.message import DecodeError

from console.otlp.decoded import Decoded, Item, MalformedRequestError, RefusedItemError, weigh
from console.otlp.source import Source
from console.otlp.wire import WireError, submessages

MAX_ITEMS = 50_000


def decode(body: bytes, request: str, noun: str, read: Callable[[bytes, Source], Item]) -> Decoded[Item]:
    """Read a request in protobuf, item by item.

    Args:
        body: the request.
        request: what it should be.
        noun: what it holds, for the reasons of a refusal.
        read: reads an item; raises RefusedItemError when it cannot be taken.

    Raises:
        MalformedRequestError: the body is cut off or is no such message.
    """
    decoded = Decoded[Item]()
    for source, data in _sourced(body, request):
        if len(decoded.items) >= MAX_ITEMS:
            decoded.refuse(f"at most {MAX_ITEMS} {noun} are taken from one request")
            continue
        try:
            decoded.items.append(read(data, source))
        except RefusedItemError as error:
            decoded.refuse(str(error))
    return decoded


def _sourced(body: bytes, request: str) -> Iterator[tuple[Source, bytes]]:
    """Give each span, log record or metric of a request with its source, in their order.

    The requests of all signals are built alike (https://github.com/open-telemetry/opentelemetry-proto): 1 a resource's
    things; in it 1 the resource, 2 a scope's things, 3 the schema; in that 1 the scope, 2 the things, 3 the schema.

    Raises:
        MalformedRequestError: the body is cut off or is no such message; `request` is what it should be.
    """
    try:
        for _, resource_things in submessages(body, 1):
            yield from _of_resource(resource_things)
    except (WireError, DecodeError) as error:
        raise MalformedRequestError(f"not an {request}: {error}") from None


def _of_resource(data: bytes) -> Iterator[tuple[Source, bytes]]:
    fields = list(submessages(data, 1, 2, 3))
    resource = b"".join(content for number, content in fields if number == 1)
    weigh("a resource", resource, MalformedRequestError)
    schema = _last(fields)
    for number, scope_things in fields:
        if number == 2:  # noqa: PLR2004  see `_sourced`
            yield from _of_scope(scope_things, resource, schema)


def _of_scope(data: bytes, resource: bytes, resource_schema: bytes) -> Iterator[tuple[Source, bytes]]:
    fields = list(submessages(data, 1, 3))
    scope = b"".join(content for number, content in fields if number == 1)
    weigh("a scope", scope, MalformedRequestError)
    source = Source(resource, scope, resource_schema, _last(fields))
    _ = source.resource, source.scope  # read now: a malformed one refuses the request
    for _, item in submessages(data, 2):
        yield source, item


def _last(fields: list[tuple[int, bytes]]) -> bytes:
    """Give the schema's URL: the last field of number 3."""
    return next((content for number, content in reversed(fields) if number == 3), b"")  # noqa: PLR2004  see `_sourced`
