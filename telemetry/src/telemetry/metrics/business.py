"""Business metrics, such as orders and their value, by tenant; the values of all attributes are bounded."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry import metrics as api
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.context.tenant import current_tenant
from telemetry.metrics.instruments import OTHER

_MOST_VALUES = 50


class Bounded:
    """Keeps the first values of an attribute, up to a limit; all later values become OTHER."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def get(self, value: str) -> str:
        """Return the value, or OTHER when the limit is reached."""
        if value in self._known:
            return value
        if len(self._known) >= self._limit:
            return OTHER
        self._known.add(value)
        return value


class _Labels:
    def __init__(self, tenants: Bounded, names: Sequence[str]) -> None:
        self._tenants = tenants
        self._values = {name: Bounded(_MOST_VALUES) for name in names}

    def make(self, given: dict[str, str]) -> dict[str, AttributeValue]:
        if given.keys() != self._values.keys():
            raise TypeError(f"labels={sorted(given)}: expected {sorted(self._values)}")
        labels: dict[str, AttributeValue] = {name: self._values[name].get(value) for name, value in given.items()}
        if (tenant := current_tenant()) is not None:
            labels[semconv.TENANT_ID] = self._tenants.get(tenant)
        return labels


class Counter:
    """A counter, for the current tenant."""

    def __init__(self, instrument: api.Counter | None, labels: _Labels) -> None:
        self._instrument = instrument
        self._labels = labels

    def add(self, amount: float = 1, /, **labels: str) -> None:
        """Add to the counter; raise TypeError for attributes that it does not have."""
        if self._instrument is not None:
            self._instrument.add(amount, self._labels.make(labels))


class Histogram:
    """A histogram, for the current tenant."""

    def __init__(self, instrument: api.Histogram | None, labels: _Labels) -> None:
        self._instrument = instrument
        self._labels = labels

    def record(self, value: float, /, **labels: str) -> None:
        """Record a value; raise TypeError for attributes that it does not have."""
        if self._instrument is not None:
            self._instrument.record(value, self._labels.make(labels))


class Business:
    """Creates the business metrics of a service; without metrics they do nothing.

    Args:
        meter: None when metrics are off.
        tenants: How many tenants have series of their own, in all metrics together.
    """

    def __init__(self, meter: api.Meter | None, tenants: int) -> None:
        self._meter = meter
        self._tenants = Bounded(tenants)

    def counter(self, name: str, *, unit: str = "", description: str = "", labels: Sequence[str] = ()) -> Counter:
        """Create a counter.

        Args:
            name: Such as ``orders_created``.
            unit: In UCUM; counted things are in braces, such as ``{order}``.
            description: One sentence.
            labels: The names of its attributes; the first 50 values of each have series of their own.
        """
        made = None if self._meter is None else self._meter.create_counter(name, unit, description)
        return Counter(made, _Labels(self._tenants, labels))

    def histogram(
        self,
        name: str,
        *,
        unit: str = "",
        description: str = "",
        buckets: Sequence[float] | None = None,
        labels: Sequence[str] = (),
    ) -> Histogram:
        """Create a histogram; `buckets` are the upper bounds, in the metric's unit; see `counter` for the rest."""
        if self._meter is None:
            return Histogram(None, _Labels(self._tenants, labels))
        made = self._meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=buckets)
        return Histogram(made, _Labels(self._tenants, labels))
