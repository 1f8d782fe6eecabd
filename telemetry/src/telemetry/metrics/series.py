"""A histogram's series, looked up once and not for each value.

The SDK copies, checks and hashes the attributes of each recorded value; with the few attribute sets of a service, that
is most of its cost. Export, exemplars, views and limits are the SDK's.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import time_ns
from typing import Any, NamedTuple

from opentelemetry.context import Context
from opentelemetry.metrics import Histogram
from opentelemetry.sdk.metrics._internal._view_instrument_match import _hash_attributes
from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]


class Measurement(NamedTuple):
    """The SDK's measurement, with attributes that need no check."""

    value: float
    time_unix_nano: int
    attributes: Attributes
    context: Context


class Series:
    """One attribute set of an SDK histogram.

    Args:
        histogram: The histogram.
        attributes: Immutable.
    """

    __slots__ = ("_aggregations", "_attributes", "_consumer", "_histogram", "_storages")

    def __init__(self, histogram: Histogram, attributes: Attributes) -> None:
        self._histogram = histogram
        self._attributes = attributes
        self._consumer: Any = getattr(histogram, "_measurement_consumer")  # noqa: B009
        self._storages: object = None
        self._aggregations: list[Any] | None = None

    def record(self, value: float, context: Context) -> None:
        """Record a value of 0 or more; the context's span can become its exemplar."""
        consumer = self._consumer
        if self._storages is not consumer._reader_storages:  # noqa: SLF001  another reader, or a forked child
            self._find()
        if self._aggregations is None:
            self._histogram.record(value, self._attributes, context)
            return
        made = Measurement(value, time_ns(), self._attributes, context)
        sampled = consumer._sdk_config.exemplar_filter.should_sample(*made)  # noqa: SLF001
        for aggregation in self._aggregations:
            aggregation.aggregate(made, sampled)

    def _find(self) -> None:
        """Find the aggregations of the series; none when a reader with delta temporality drops the series each time."""
        self._storages = self._consumer._reader_storages  # noqa: SLF001
        matches = [
            match
            for storage in self._consumer._reader_storages.values()  # noqa: SLF001
            for match in storage._get_or_init_view_instrument_match(self._histogram)  # noqa: SLF001
        ]
        drops = any(match._reset_on_collect for match in matches)  # noqa: SLF001
        self._aggregations = None if drops else [self._aggregation(match) for match in matches]

    def _aggregation(self, match: Any) -> Any:
        kept = match._view._attribute_keys  # noqa: SLF001
        attributes = {name: value for name, value in self._attributes.items() if kept is None or name in kept}
        with match._lock:  # noqa: SLF001
            return match._get_or_create_aggregation(_hash_attributes(attributes), attributes)  # noqa: SLF001
