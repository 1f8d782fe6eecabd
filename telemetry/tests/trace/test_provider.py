from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource

from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure
from telemetry.trace.provider import ServiceTracerProvider

NONE = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))


def test_spans_have_the_resource_that_was_given_last() -> None:
    provider = ServiceTracerProvider(resource=Resource({"a": 1}))
    tracer: Any = provider.get_tracer("tests")
    later: Any = provider.get_tracer("others")
    provider.use_resource(Resource({"a": 2}))

    assert tracer.start_span("work").resource.attributes == {"a": 2}
    assert later.start_span("work").resource.attributes == {"a": 2}
    assert provider.resource.attributes == {"a": 2}


def test_after_a_fork_the_sdk_looks_for_nothing_by_itself() -> None:
    provider = ServiceTracerProvider(resource=Resource({"service.instance.id": "mine"}))
    provider._handle_fork()

    assert provider.resource.attributes == {"service.instance.id": "mine"}
    assert provider.get_tracer("tests")


def test_the_environment_does_not_switch_off_what_code_has_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "nonsense")
    with configure(NONE) as telemetry:
        assert telemetry.tracer("tests").start_span("work").is_recording()


def test_the_tracer_of_a_library_is_made_once() -> None:
    provider = ServiceTracerProvider()

    assert provider.get_tracer("a", "1") is provider.get_tracer("a", "1")
    assert provider.get_tracer("a", "1") is not provider.get_tracer("a", "2")


def test_a_forked_child_is_another_instance_with_no_open_spans() -> None:
    with Telemetry(NONE) as telemetry:
        before = telemetry.tracer_provider.resource.attributes["service.instance.id"]
        telemetry.tracer("tests").start_span("open")
        telemetry.after_fork()

        assert telemetry.open_spans == 0
        assert telemetry.tracer_provider.resource.attributes["service.instance.id"] != before
