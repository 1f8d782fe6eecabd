"""What traces can be told from each other by: tenant, route, instance, version, flag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from console.model import Span, Trace
from console.query import as_text
from telemetry import semconv

FLAG_KEY, FLAG_VARIANT = "feature_flag.key", "feature_flag.result.variant"


class Value(NamedTuple):
    """A value that traces have in common.

    Attributes:
        dimension: a key of `DIMENSIONS`.
        service: whose instance or version it is; empty for what is of the whole trace.
        text: the value.
    """

    dimension: str
    service: str
    text: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.dimension, self.service, self.text)))


def values_of(trace: Trace) -> frozenset[Value]:
    """Give all values of a trace."""
    return frozenset(
        Value(dimension, service, text)
        for dimension, read in DIMENSIONS.items()
        for service, text in read(trace)
        if text
    )


_Read = Callable[[Trace], Iterator[tuple[str, str]]]


def _tenants(trace: Trace) -> Iterator[tuple[str, str]]:
    yield from (("", tenant) for tenant in trace.tenants)


def _route(trace: Trace) -> Iterator[tuple[str, str]]:
    yield "", trace.root.name


def _of_resource(key: str) -> _Read:
    def read(trace: Trace) -> Iterator[tuple[str, str]]:
        for resource in {id(span.resource): span.resource for span in trace.spans}.values():
            yield resource.service, as_text(resource.attributes.get(key))

    return read


def _flags(trace: Trace) -> Iterator[tuple[str, str]]:
    for span in trace.spans:
        yield from (("", text) for text in _evaluated(span))


def _evaluated(span: Span) -> Iterator[str]:
    """Give the flags that were evaluated in a span, see https://opentelemetry.io/docs/specs/semconv/feature-flags."""
    for attributes in (span.attributes, *(event.attributes for event in span.events)):
        if FLAG_KEY in attributes:
            yield f"{as_text(attributes[FLAG_KEY])}={as_text(attributes.get(FLAG_VARIANT))}"


DIMENSIONS: dict[str, _Read] = {
    "tenant": _tenants,
    "route": _route,
    "instance": _of_resource(semconv.SERVICE_INSTANCE_ID),
    "version": _of_resource(semconv.SERVICE_VERSION),
    "flag": _flags,
}
"""How each is read; of values that say the same, the first stands first."""
