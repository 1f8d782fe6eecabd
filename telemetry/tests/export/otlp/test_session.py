from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from telemetry import ExporterConfig, MetricsConfig, TelemetryConfig, configure


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login ada password hunter2\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))


@pytest.mark.usefixtures("netrc")
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer configured"}], ids=["none", "configured"])
def test_credentials_are_the_configured_ones_and_never_those_of_a_netrc(
    http_collector: Any, headers: dict[str, str]
) -> None:
    exporter = ExporterConfig(endpoint=http_collector.endpoint, headers=headers)
    config = TelemetryConfig(service_name="user", exporter=exporter, metrics=MetricsConfig(exporter=exporter))
    with configure(config) as telemetry:
        telemetry.tracer("tests").start_span("work").end()
        telemetry.meter("tests").create_counter("orders").add(1)

    sent = {path: received.get("authorization") for path, received, _body in http_collector.requests}
    assert sent == dict.fromkeys(("/v1/traces", "/v1/metrics"), headers.get("authorization"))


@pytest.mark.usefixtures("netrc")
def test_the_stock_exporter_replaces_the_configured_credentials(http_collector: Any) -> None:
    headers = {"authorization": "Bearer configured"}
    exporter = OTLPSpanExporter(endpoint=f"{http_collector.endpoint}/v1/traces", headers=headers)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer("tests").start_span("work").end()
    provider.shutdown()

    ((_path, received, _body),) = http_collector.requests
    assert received["authorization"].startswith("Basic "), "fixed upstream? see docs/explanation/pitfalls.md"
