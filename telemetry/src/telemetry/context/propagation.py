"""Propagators: how trace context and baggage travel between processes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points

from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator

from telemetry.config.environ import PROPAGATOR_GROUP, known_propagators
from telemetry.context.baggage import BaggagePropagator
from telemetry.context.w3c import TraceContextPropagator
from telemetry.settings.checks import one_of
from telemetry.settings.env import ConfigError

_OWN: dict[str, type[TextMapPropagator]] = {"tracecontext": TraceContextPropagator, "baggage": BaggagePropagator}


class JoinedPropagator(CompositePropagator):
    """Several propagators, applied in order.

    Attributes:
        parts: These.
    """

    def __init__(self, parts: Sequence[TextMapPropagator]) -> None:
        super().__init__(parts)
        self.parts = tuple(parts)


def make_propagator(names: tuple[str, ...]) -> TextMapPropagator:
    """Combine the named propagators; "none" names none. Raises ConfigError for a name that is not installed."""
    return _join([_make(name) for name in names if name != "none"])


def without_baggage(propagator: TextMapPropagator) -> TextMapPropagator:
    """Return a propagator that reads the same except for the header ``baggage``."""
    parts = propagator.parts if isinstance(propagator, JoinedPropagator) else (propagator,)
    return _join([part for part in parts if not isinstance(part, BaggagePropagator)])


def _join(parts: Sequence[TextMapPropagator]) -> TextMapPropagator:
    return parts[0] if len(parts) == 1 else JoinedPropagator(parts)


def _make(name: str) -> TextMapPropagator:
    one_of("propagator", name, known_propagators())
    if name in _OWN:
        return _OWN[name]()
    propagator = entry_points(group=PROPAGATOR_GROUP)[name].load()()
    if not isinstance(propagator, TextMapPropagator):
        raise ConfigError(f"propagator={name!r}: its entry point gives no propagator")
    return propagator
