"""Samplers that decide at the root of a trace and keep the decision of a parent.

A dropped span costs a sampler no allocation: most requests of a busy service take that path.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from telemetry.sampling.chances import Chance

_DROP = SamplingResult(Decision.DROP)


class RootSampler(Sampler):
    """Keeps the decision of a parent, local or remote; `decide` decides a root."""

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
        """Decide; a child's attributes and trace state are its parent's. `telemetry.trace.tracer` does the same."""
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
        """Return whether a root is recorded."""


class ParentBasedSampler(RootSampler):
    """The chance decides a root."""

    def __init__(self, chance: Chance, description: str) -> None:
        self._chance = chance
        self._description = description

    def decide(self, context: Context | None, trace_id: int, name: str, attributes: Attributes) -> bool:  # noqa: ARG002
        """Ask the chance."""
        return self._chance(trace_id)

    def get_description(self) -> str:
        """Return the sampler's name for logs."""
        return f"ParentBased{{root:{self._description}}}"
