"""How the context of a trace travels from process to process."""

from __future__ import annotations

from importlib.metadata import entry_points

from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator

from telemetry.env import ConfigError

_GROUP = "opentelemetry_propagator"


def make_propagator(names: tuple[str, ...]) -> TextMapPropagator:
    """Join the named propagators; "none" names none. Raises ConfigError for a name that is not installed."""
    return CompositePropagator([_load(name) for name in names if name != "none"])


def _load(name: str) -> TextMapPropagator:
    found = entry_points(group=_GROUP)
    if name not in found.names:
        raise ConfigError(f"propagator={name!r}: expected one of {', '.join(sorted({*found.names, 'none'}))}")
    propagator = found[name].load()()
    if not isinstance(propagator, TextMapPropagator):
        raise ConfigError(f"propagator={name!r}: its entry point gives no propagator")
    return propagator
