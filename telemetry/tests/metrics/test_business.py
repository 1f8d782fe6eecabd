from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from telemetry import Telemetry, use_tenant
from telemetry.metrics.business import Bounded

Measured = tuple[Telemetry, Callable[[str], list[Any]]]


def test_a_counter_counts_for_the_current_tenant(measured: Measured) -> None:
    telemetry, points = measured
    counter = telemetry.business.counter("orders_created", unit="{order}")
    counter.add()
    for tenant in ("acme", "acme", "umbrella"):
        with use_tenant(tenant):
            counter.add()

    assert {point.attributes.get("tenant.id"): point.value for point in points("orders_created")} == {
        None: 1,
        "acme": 2,
        "umbrella": 1,
    }


def test_a_histogram_has_its_own_buckets_and_labels(measured: Measured) -> None:
    telemetry, points = measured
    value = telemetry.business.histogram("order_value", unit="1", buckets=[100, 1000], labels=["currency"])
    with use_tenant("acme"):
        value.record(250, currency="EUR")
        value.record(5000, currency="EUR")

    (point,) = points("order_value")
    assert dict(point.attributes) == {"currency": "EUR", "tenant.id": "acme"}
    assert (point.count, point.sum, list(point.bucket_counts)) == (2, 5250, [0, 1, 1])


def test_thousands_of_tenants_are_the_first_ones_and_one_label_for_the_others(measured: Measured) -> None:
    telemetry, points = measured
    counter = telemetry.business.counter("orders_created")
    for number in range(5000):
        with use_tenant(f"tenant-{number}"):
            counter.add()

    counts = {point.attributes["tenant.id"]: point.value for point in points("orders_created")}
    assert len(counts) == telemetry.config.metrics.tenants + 1
    assert counts["_OTHER"] == 5000 - telemetry.config.metrics.tenants
    assert counts["tenant-0"] == 1


def test_the_values_of_other_labels_are_bounded_too(measured: Measured) -> None:
    telemetry, points = measured
    counter = telemetry.business.counter("orders_created", labels=["currency"])
    for number in range(1000):
        counter.add(currency=f"C{number}")

    assert len(points("orders_created")) == 51


def test_a_tenant_is_told_apart_in_all_metrics_or_in_none(measured: Measured) -> None:
    telemetry, points = measured
    first, second = telemetry.business.counter("first"), telemetry.business.counter("second")
    for number in range(telemetry.config.metrics.tenants):
        with use_tenant(f"tenant-{number}"):
            first.add()
    with use_tenant("late"):
        second.add()

    assert points("second")[0].attributes["tenant.id"] == "_OTHER"


@pytest.mark.parametrize("labels", [{}, {"currency": "EUR", "colour": "red"}, {"colour": "red"}])
def test_other_labels_than_those_declared_are_an_error(measured: Measured, labels: dict[str, str]) -> None:
    telemetry, _points = measured
    counter = telemetry.business.counter("orders_created", labels=["currency"])
    with pytest.raises(TypeError, match="expected \\['currency'\\]"):
        counter.add(**labels)


def test_where_metrics_are_off_they_do_nothing(telemetry: Telemetry) -> None:
    telemetry.business.counter("orders_created").add()
    telemetry.business.histogram("order_value", buckets=[1, 2]).record(5)


def test_no_value_is_told_apart_where_none_may_be() -> None:
    assert Bounded(0).get("acme") == "_OTHER"
