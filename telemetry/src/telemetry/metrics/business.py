"""What the business counts: orders, their value. Each metric has the tenant as a label, and all labels are bounded."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry import metrics as api
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.context.tenant import current_tenant
from telemetry.metrics.instruments import OTHER

_MOST_VALUES = 50


class Bounded:
    """Tells the first so many values of a label apart; all that come later are OTHER."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def get(self, value: str) -> str:
        """Give the value, or OTHER when there are too many already."""
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
    """Counts what happens, for the current tenant."""

    def __init__(self, instrument: api.Counter | None, labels: _Labels) -> None:
        self._instrument = instrument
        self._labels = labels

    def add(self, amount: float = 1, /, **labels: str) -> None:
        """Count so many more; raise TypeError for labels that are not the counter's own."""
        if self._instrument is not None:
            self._instrument.add(amount, self._labels.make(labels))


class Histogram:
    """Keeps how values are distributed, for the current tenant."""

    def __init__(self, instrument: api.Histogram | None, labels: _Labels) -> None:
        self._instrument = instrument
        self._labels = labels

    def record(self, value: float, /, **labels: str) -> None:
        """Add a value; raise TypeError for labels that are not the histogram's own."""
        if self._instrument is not None:
            self._instrument.record(value, self._labels.make(labels))


class Business:
    """Makes the metrics of a service's business; where metrics are off they do nothing.

    Args:
        meter: None when metrics are off.
        tenants: How many tenants are told apart, in all metrics together.
    """

    def __init__(self, meter: api.Meter | None, tenants: int) -> None:
        self._meter = meter
        self._tenants = Bounded(tenants)

    def counter(self, name: str, *, unit: str = "", description: str = "", labels: Sequence[str] = ()) -> Counter:
        """Make a counter.

        Args:
            name: Such as ``orders_created``.
            unit: As UCUM writes it; things are counted in braces, such as ``{order}``.
            description: For people.
            labels: Names of its labels; the first 50 values of each are told apart.
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
        """Make a histogram; `buckets` are the upper bounds, in the metric's unit; see `counter` for the rest."""
        if self._meter is None:
            return Histogram(None, _Labels(self._tenants, labels))
        made = self._meter.create_histogram(name, unit, description, explicit_bucket_boundaries_advisory=buckets)
        return Histogram(made, _Labels(self._tenants, labels))
