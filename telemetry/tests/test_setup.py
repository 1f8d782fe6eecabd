from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.baggage import get_all
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

import telemetry as package
from telemetry import (
    ExporterConfig,
    SamplerConfig,
    Telemetry,
    TelemetryConfig,
    configure,
    current_trace_id,
    use_tenant,
)

NONE = ExporterConfig(kind="none")


def test_importing_does_nothing_but_import(run_python: Any) -> None:
    result = run_python("""
import atexit, logging, os, signal, sys, threading
environ, term, handlers = dict(os.environ), signal.getsignal(signal.SIGTERM), logging.root.handlers[:]
import telemetry, chassis.serving, chassis.health, telemetry.logs.formatter
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
assert dict(os.environ) == environ
assert signal.getsignal(signal.SIGTERM) is term
assert logging.root.handlers == handlers
assert not isinstance(trace.get_tracer_provider(), TracerProvider)
heavy = {"fastapi", "sqlalchemy", "asyncpg", "uvicorn", "requests"} & sys.modules.keys()
assert not heavy, heavy
""")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_configuring_touches_nothing_global(run_python: Any) -> None:
    result = run_python("""
import logging, signal
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import TracerProvider
from telemetry import ExporterConfig, TelemetryConfig, configure
before = propagate.get_global_textmap(), signal.getsignal(signal.SIGTERM), logging.root.handlers[:]
with configure(TelemetryConfig(service_name="test", exporter=ExporterConfig(endpoint="http://127.0.0.1:1"))):
    assert not isinstance(trace.get_tracer_provider(), TracerProvider)
    assert (propagate.get_global_textmap(), signal.getsignal(signal.SIGTERM), logging.root.handlers) == before
""")

    assert (result.returncode, result.stderr) == (0, "")


def test_one_line_sets_tracing_up_for_a_script_and_exports_at_its_end(run_python: Any, http_collector: Any) -> None:
    result = run_python(
        """
import sys
from opentelemetry import propagate, trace
from telemetry import init_tracer
tracer = init_tracer("script", "1.0", "test", endpoint=sys.argv[1])
with tracer.start_as_current_span("ours"), trace.get_tracer("library").start_as_current_span("a library's"):
    carrier = {}
    propagate.inject(carrier)
    assert "traceparent" in carrier
""",
        http_collector.endpoint,
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(http_collector.names) == ["a library's", "ours"]


@pytest.mark.parametrize("kind", ["console", "none"])
def test_one_line_takes_the_kind_of_its_exporter(run_python: Any, kind: str) -> None:
    result = run_python(
        f"from telemetry import init_tracer\ninit_tracer('script', exporter_type={kind!r}).start_span('work').end()"
    )

    assert result.returncode == 0, result.stderr
    assert [json.loads(result.stdout)["name"]] == ["work"] if kind == "console" else result.stdout == ""


def test_every_public_name_is_there() -> None:
    assert package.__all__ == sorted(package.__all__)
    assert {
        "BatchConfig",
        "ChannelOptions",
        "ConfigError",
        "Edge",
        "EdgePolicy",
        "Env",
        "ErrorClass",
        "ExporterConfig",
        "MissingTenant",
        "SamplerConfig",
        "Secret",
        "Severity",
        "Telemetry",
        "TelemetryConfig",
        "configure",
        "current_tenant",
        "current_trace_id",
        "extract_error_details",
        "init_tracer",
        "record_error",
        "require_tenant",
        "use_tenant",
    } <= set(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)


def test_the_processors_that_are_given_see_every_span_with_its_resource(telemetry: Telemetry, spans: list[Any]) -> None:
    with telemetry.tracer("tests").start_as_current_span("work"):
        pass

    (span,) = spans
    assert span.resource.attributes["service.name"] == "test"
    assert span.instrumentation_scope.name == "tests"


def test_every_span_carries_the_tenant_of_its_context(telemetry: Telemetry, spans: list[Any]) -> None:
    tracer = telemetry.tracer("tests")
    with use_tenant("acme"), tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner"):
        pass
    with tracer.start_as_current_span("nobody's"):
        pass

    assert {span.name: span.attributes.get("tenant.id") for span in spans} == {
        "inner": "acme",
        "outer": "acme",
        "nobody's": None,
    }


def test_a_processor_of_opentelemetrys_that_marks_spans_by_baggage_knows_the_tenant() -> None:
    class Marking(SpanProcessor):
        def on_start(self, span: Span, parent_context: Context | None = None) -> None:
            span.set_attributes({f"baggage.{name}": str(value) for name, value in get_all(parent_context).items()})

    with configure(TelemetryConfig(service_name="test", exporter=NONE), span_processors=[Marking()]) as telemetry:
        with use_tenant("acme"):
            span: Any = telemetry.tracer("tests").start_span("work")
        assert span.attributes["baggage.tenant.id"] == "acme"


def test_a_trace_that_is_not_sampled_has_an_id_all_the_same() -> None:
    config = TelemetryConfig(service_name="test", exporter=NONE, sampler=SamplerConfig(kind="always_off"))
    with configure(config) as telemetry, telemetry.tracer("tests").start_as_current_span("work") as span:
        assert not span.is_recording()
        assert current_trace_id() == f"{span.get_span_context().trace_id:032x}"
        assert int(current_trace_id() or "0", 16) > 0


def test_open_spans_are_counted(telemetry: Telemetry) -> None:
    assert telemetry.open_spans == 0
    with telemetry.tracer("tests").start_as_current_span("outer"):
        telemetry.tracer("tests").start_span("forgotten")
        assert telemetry.open_spans == 2
    assert telemetry.open_spans == 1
