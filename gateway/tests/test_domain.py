from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway import domain


@pytest.mark.parametrize(("status", "final"), [("placed", False), ("cancelled", True)])
def test_nothing_more_can_happen_to_a_cancelled_order(status: str, *, final: bool) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    order = domain.Order("o", "u", [], domain.Money(1, "EUR"), domain.OrderStatus(status), 1, at, at)

    assert order.is_final is final


def test_the_failure_of_a_service_names_it_and_nothing_else() -> None:
    assert str(domain.ServiceTimeout("order")) == "the order service did not answer in time"
