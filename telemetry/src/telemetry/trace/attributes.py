"""Attributes that many spans start with, such as those of a method: validated and encoded once."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import SpanLimits
from opentelemetry.util.types import AnyValue

from telemetry.otlp.spans import ATTRIBUTE
from telemetry.otlp.values import encode_attributes


class KnownAttributes(dict[str, AnyValue]):
    """Immutable attributes for ``start_span(attributes=…)``.

    Attributes:
        encoded: Their OTLP encoding in a span.
    """

    def __init__(self, attributes: Mapping[str, AnyValue]) -> None:
        super().__init__(BoundedAttributes(attributes=attributes))
        self.encoded = encode_attributes(ATTRIBUTE, self)
        self._longest = max((len(value) for value in self.values() if isinstance(value, str)), default=0)
        self._plain = all(isinstance(value, (str, bool, int, float)) for value in self.values())

    def fit(self, limits: SpanLimits) -> bool:
        """Return whether a span with these limits takes all of them unchanged."""
        most, longest = limits.max_span_attributes, limits.max_span_attribute_length
        return self._plain and (most is None or len(self) <= most) and (longest is None or self._longest <= longest)
