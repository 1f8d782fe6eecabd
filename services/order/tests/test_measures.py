from __future__ import annotations

from typing import Any
from uuid import UUID

from grpc import aio
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from order_service.changes import Changes
from order_service.clients import UserClient
from order_service.domain import Money, OrderDraft, OrderItem, UserId
from order_service.measures import OrderMeasures
from order_service.orders import Orders
from order_service.store import OrderStore
from telemetry import ExporterConfig, TelemetryConfig, configure


async def test_an_order_is_counted_once_for_its_tenant_with_its_value_by_currency(
    store: OrderStore, user_channel: aio.Channel, changes: Changes, user_id: str, tenant: str
) -> None:
    reader = InMemoryMetricReader()
    config = TelemetryConfig(service_name="order", exporter=ExporterConfig(kind="none"))
    with configure(config, metric_readers=[reader]) as telemetry:
        measures = OrderMeasures(telemetry.business)
        orders = Orders(store, UserClient(user_channel), changes, measures=measures)
        for key, currency in (("key-1", "EUR"), ("key-1", "EUR"), ("key-2", "USD")):
            item = OrderItem("tea", 2, Money(350, currency))
            await orders.place(OrderDraft(UserId(UUID(user_id)), (item,), key))
        data: Any = reader.get_metrics_data()

    metrics = {each.name: each for scope in data.resource_metrics[0].scope_metrics for each in scope.metrics}
    (created,) = metrics["orders_created"].data.data_points
    assert (created.value, dict(created.attributes)) == (2, {"tenant.id": tenant})
    assert metrics["orders_created"].unit == "{order}"
    values = {point.attributes["order.currency"]: point.sum for point in metrics["order_value"].data.data_points}
    assert values == {"EUR": 700, "USD": 700}
