from __future__ import annotations

from uuid import UUID

import pytest

from telemetry import TelemetryConfig
from telemetry.resource import make_resource


def test_a_resource_tells_service_version_environment_and_sdk() -> None:
    config = TelemetryConfig(service_name="user", service_version="1.2", environment="test")
    attributes = dict(make_resource(config).attributes)

    assert UUID(str(attributes.pop("service.instance.id"))).version == 4
    assert attributes.pop("telemetry.sdk.version")
    assert attributes == {
        "service.name": "user",
        "service.version": "1.2",
        "deployment.environment.name": "test",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.language": "python",
    }


def test_what_is_not_known_is_left_out() -> None:
    attributes = make_resource(TelemetryConfig(service_name="user")).attributes

    assert "service.version" not in attributes
    assert "deployment.environment.name" not in attributes


def test_the_attributes_that_are_given_win() -> None:
    given: dict[str, str | bool | int | float] = {
        "service.name": "other",
        "service.instance.id": "pod-1",
        "replicas": 3,
        "canary": True,
    }
    attributes = make_resource(TelemetryConfig(service_name="user", attributes=given)).attributes

    assert {name: attributes[name] for name in given} == given


def test_each_making_has_an_instance_of_its_own() -> None:
    config = TelemetryConfig(service_name="user")
    instances = {make_resource(config).attributes["service.instance.id"] for _making in range(3)}

    assert len(instances) == 3


def test_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=shop")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "other")

    attributes = make_resource(TelemetryConfig(service_name="user")).attributes
    assert attributes["service.name"] == "user"
    assert "team" not in attributes
