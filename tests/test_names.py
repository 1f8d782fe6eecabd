"""The trace kit writes down once more what it must agree on with the instrumentation."""

from __future__ import annotations

import pytest

from telemetry import semconv
from telemetry.context import tenant
from telemetry.grpc import status
from tracetest import names

ATTRIBUTES = [name for name in names.__all__ if hasattr(semconv, name)]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_has_the_name_that_telemetry_writes(name: str) -> None:
    assert getattr(names, name) == getattr(semconv, name)


def test_all_else_is_what_telemetry_uses() -> None:
    assert set(names.__all__) - set(ATTRIBUTES) == {"SERVER_ERRORS", "TENANT_METADATA", "is_tenant"}
    assert names.SERVER_ERRORS == status.SERVER_ERRORS
    assert names.TENANT_METADATA == tenant.TENANT_METADATA


@pytest.mark.parametrize("text", ["acme", "a", "a" * 63, "a" * 64, "", "-a", "A", "a_b", "7-up", "a\n"])
def test_the_same_texts_are_tenants(text: str) -> None:
    assert names.is_tenant(text) == tenant.is_tenant(text)
