"""The samplers by name: those of ``OTEL_TRACES_SAMPLER``, and two of our own, for a rate and for rules."""

from __future__ import annotations

from collections.abc import Callable

from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler, TraceIdRatioBased

from telemetry.config.sections import SamplerConfig
from telemetry.sampling.chances import Rate, Ratio
from telemetry.sampling.rules import RulesSampler
from telemetry.sampling.samplers import ParentBasedSampler

# Name → factory. "rate_limited" and "rules" are our own.
SAMPLERS: dict[str, Callable[[SamplerConfig], Sampler]] = {
    "always_on": lambda _config: ALWAYS_ON,
    "always_off": lambda _config: ALWAYS_OFF,
    "traceidratio": lambda config: TraceIdRatioBased(config.ratio),
    "parentbased_always_on": lambda _config: ParentBasedSampler(Ratio(1.0), "AlwaysOn"),
    "parentbased_always_off": lambda _config: ParentBasedSampler(Ratio(0.0), "AlwaysOff"),
    "parentbased_traceidratio": lambda config: ParentBasedSampler(Ratio(config.ratio), f"Ratio{{{config.ratio:g}}}"),
    "rate_limited": lambda config: ParentBasedSampler(Rate(config.rate), f"Rate{{{config.rate:g}/s}}"),
    "rules": lambda config: RulesSampler(config.rules or ""),
}


def make_sampler(config: SamplerConfig) -> Sampler:
    """Create the configured sampler; raise ConfigError when its rules file is invalid."""
    return SAMPLERS[config.kind](config)
