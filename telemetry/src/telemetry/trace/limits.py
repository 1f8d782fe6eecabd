"""The limits of a span."""

from __future__ import annotations

from opentelemetry.sdk.trace import SpanLimits

from telemetry.config.sections import LimitsConfig


def make_limits(config: LimitsConfig) -> SpanLimits:
    """Create the SDK's limits with all values set: the SDK reads missing ones from the environment."""
    return SpanLimits(
        max_attributes=config.attributes,
        max_events=config.events,
        max_links=config.links,
        max_span_attributes=config.attributes,
        max_event_attributes=config.attributes,
        max_link_attributes=config.attributes,
        max_attribute_length=config.attribute_length,
        max_span_attribute_length=config.attribute_length,
    )
