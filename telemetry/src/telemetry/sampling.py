"""The samplers by name: those of ``OTEL_TRACES_SAMPLER``, and ours for a rate and for rules.

The root of a trace decides once; inside, the parent's decision is kept. A ratio is decided by the trace id with the
threshold of the specification's TraceIdRatioBased, so that services that decide apart decide alike. Whatever a sampler
drops costs it no allocation: most requests of a busy service take that way.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from telemetry.forks import renew_after_fork

if TYPE_CHECKING:
    from telemetry.config import SamplerConfig

_DROP = SamplingResult(Decision.DROP)


class Chance(Protocol):
    """Decides a root by its trace id alone."""

    def __call__(self, trace_id: int, /) -> bool:
        """Tell whether the trace is recorded."""
        ...


class Ratio:
    """Takes a share of the traces, from 0 to 1, the same ones in every service."""

    def __init__(self, ratio: float) -> None:
        self._limit = TraceIdRatioBased.TRACE_ID_LIMIT
        self._bound = TraceIdRatioBased.get_bound_for_rate(ratio)

    def __call__(self, trace_id: int, /) -> bool:
        """Tell whether the trace is recorded."""
        return trace_id & self._limit < self._bound


class Rate:
    """Takes so many traces a second: a bucket that refills all the time and holds one second's worth, one at least.

    Args:
        per_second: How many.
        clock: Seconds that never go back.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second) if per_second else 0.0
        self._clock = clock
        self._tokens = self._capacity
        self._filled_at = clock()
        self._lock = Lock()
        renew_after_fork(self)

    def __call__(self, _trace_id: int, /) -> bool:
        """Tell whether the trace is recorded."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True

    def after_fork(self) -> None:
        """Leave the lock that another thread of the parent may have held."""
        self._lock = Lock()


class RootSampler(Sampler):
    """Keeps the decision of a parent, here or in another service; for a root it asks `decide`."""

    def should_sample(  # noqa: PLR0913, PLR0917  the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,  # noqa: ARG002  the SDK's signature
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002  the SDK's signature
        trace_state: TraceState | None = None,  # noqa: ARG002  the SDK's signature
    ) -> SamplingResult:
        """Decide; a child's attributes and trace state are its parent's affair. `telemetry.tracer` does as much."""
        parent = get_current_span(parent_context).get_span_context()
        if not parent.is_valid:
            if self.decide(parent_context, trace_id, name, attributes):
                return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)
            return _DROP
        if parent.trace_flags.sampled:
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, parent.trace_state)
        return SamplingResult(Decision.DROP, None, parent.trace_state) if parent.trace_state else _DROP

    @abstractmethod
    def decide(self, context: Context | None, trace_id: int, name: str, attributes: Attributes) -> bool:
        """Tell whether a root is recorded."""


class ParentBasedSampler(RootSampler):
    """A root is recorded when the chance says so."""

    def __init__(self, chance: Chance, description: str) -> None:
        self._chance = chance
        self._description = description

    def decide(self, context: Context | None, trace_id: int, name: str, attributes: Attributes) -> bool:  # noqa: ARG002
        """Ask the chance."""
        return self._chance(trace_id)

    def get_description(self) -> str:
        """Give the sampler's name, as logs show it."""
        return f"ParentBased{{root:{self._description}}}"


def _rules(config: SamplerConfig) -> Sampler:
    from telemetry.sampling_rules import RulesSampler  # noqa: PLC0415  it builds on what is defined here

    return RulesSampler(config.rules or "")


# Name → what makes it. "rate_limited" and "rules" are ours.
SAMPLERS: dict[str, Callable[[SamplerConfig], Sampler]] = {
    "always_on": lambda _config: ALWAYS_ON,
    "always_off": lambda _config: ALWAYS_OFF,
    "traceidratio": lambda config: TraceIdRatioBased(config.ratio),
    "parentbased_always_on": lambda _config: ParentBasedSampler(Ratio(1.0), "AlwaysOn"),
    "parentbased_always_off": lambda _config: ParentBasedSampler(Ratio(0.0), "AlwaysOff"),
    "parentbased_traceidratio": lambda config: ParentBasedSampler(Ratio(config.ratio), f"Ratio{{{config.ratio:g}}}"),
    "rate_limited": lambda config: ParentBasedSampler(Rate(config.rate), f"Rate{{{config.rate:g}/s}}"),
    "rules": _rules,
}


def make_sampler(config: SamplerConfig) -> Sampler:
    """Make the configured sampler; raise ConfigError when its file of rules is wrong."""
    return SAMPLERS[config.kind](config)
