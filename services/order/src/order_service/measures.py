"""What the business wants to know: how many orders are placed, and for how much."""

from __future__ import annotations

from order_service.domain import Order
from telemetry.metrics.business import Business

# In the currency's minor unit: from a cent to a hundred thousand euros.
_VALUE_BUCKETS = (100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000, 10_000_000)


class OrderMeasures:
    """The metrics ``orders_created`` and ``order_value`` by currency; each with the tenant as a label."""

    def __init__(self, business: Business) -> None:
        self._created = business.counter("orders_created", unit="{order}", description="Orders that were placed.")
        self._value = business.histogram(
            "order_value",
            unit="{minor_unit}",
            description="What an order costs, in the minor unit of its currency.",
            buckets=_VALUE_BUCKETS,
            labels=["order.currency"],
        )

    def placed(self, order: Order) -> None:
        """Count an order that has just been placed."""
        total = order.total
        self._created.add()
        self._value.record(total.amount_minor, **{"order.currency": total.currency})
