"""``baggage`` (https://www.w3.org/TR/baggage/), with the few values that a service repeats encoded once.

It reads and writes exactly what the SDK's propagator does.
"""

from __future__ import annotations

from functools import lru_cache

from opentelemetry.baggage import get_all, set_baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import CarrierT, Setter, default_setter

BAGGAGE = "baggage"

_sdks = W3CBaggagePropagator()


class BaggagePropagator(W3CBaggagePropagator):
    """The propagator that `TelemetryConfig` calls "baggage"."""

    def inject(
        self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter
    ) -> None:
        """Inject the context's baggage, if it has any."""
        entries = tuple(get_all(context).items())
        if not entries:
            return
        for _name, value in entries:
            if not isinstance(value, str):
                super().inject(carrier, context, setter)
                return
        if header := _write(entries):
            setter.set(carrier, BAGGAGE, header)


@lru_cache(maxsize=1024)
def _write(entries: tuple[tuple[str, str], ...]) -> str:
    context = Context()
    for name, value in entries:
        context = set_baggage(name, value, context)
    carrier: dict[str, str] = {}
    _sdks.inject(carrier, context)
    return carrier.get(BAGGAGE, "")
