"""How the context of a trace travels from process to process."""

from __future__ import annotations

from importlib.metadata import entry_points

from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator

from telemetry.checks import one_of
from telemetry.env import ConfigError

_GROUP = "opentelemetry_propagator"


def make_propagator(names: tuple[str, ...]) -> TextMapPropagator:
    """Join the named propagators; "none" names none. Raises ConfigError for a name that is not installed."""
    return CompositePropagator([_load(name) for name in names if name != "none"])


def known_propagators() -> list[str]:
    """Give the names of the propagators that are installed, and "none"."""
    return sorted({*entry_points(group=_GROUP).names, "none"})


def _load(name: str) -> TextMapPropagator:
    one_of("propagator", name, known_propagators())
    propagator = entry_points(group=_GROUP)[name].load()()
    if not isinstance(propagator, TextMapPropagator):
        raise ConfigError(f"propagator={name!r}: its entry point gives no propagator")
    return propagator
