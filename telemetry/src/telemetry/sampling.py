"""The samplers by name: the names of ``OTEL_TRACES_SAMPLER``."""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_OFF,
    DEFAULT_ON,
    ParentBasedTraceIdRatio,
    Sampler,
    TraceIdRatioBased,
)

SAMPLERS: dict[str, Callable[[float], Sampler]] = {
    "always_on": lambda _ratio: ALWAYS_ON,
    "always_off": lambda _ratio: ALWAYS_OFF,
    "traceidratio": TraceIdRatioBased,
    "parentbased_always_on": lambda _ratio: DEFAULT_ON,
    "parentbased_always_off": lambda _ratio: DEFAULT_OFF,
    "parentbased_traceidratio": ParentBasedTraceIdRatio,
}


def make_sampler(kind: str, ratio: float) -> Sampler:
    """Make the sampler of that name; `ratio`, from 0 to 1, is the share that the ratio samplers take."""
    return SAMPLERS[kind](ratio)
