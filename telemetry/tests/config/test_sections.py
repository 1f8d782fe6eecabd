from __future__ import annotations

from typing import Any

import pytest

from telemetry import BatchConfig, ConfigError, ExporterConfig, LimitsConfig, SamplerConfig, TelemetryConfig

OTLP = "OTEL_EXPORTER_OTLP_"
TRACES = "OTEL_EXPORTER_OTLP_TRACES_"


@pytest.mark.parametrize(
    ("endpoint", "target"),
    [
        (None, "http://localhost:4318/v1/traces"),
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/v1/traces", "http://collector:4318/v1/traces"),
        ("http://collector:4318/otlp", "http://collector:4318/otlp"),
    ],
)
def test_an_endpoint_in_code_gets_the_path_when_it_has_none(endpoint: str | None, target: str) -> None:
    assert ExporterConfig(endpoint=endpoint).target == target


SAMPLERS = (
    "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, "
    "rate_limited, rules"
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExporterConfig(kind="jaeger"),  # type: ignore[arg-type]
         "exporter kind='jaeger': expected one of otlp, zipkin, console, file, none"),
        (lambda: ExporterConfig(protocol="udp"),  # type: ignore[arg-type]
         "exporter protocol='udp': expected one of grpc, http/protobuf"),
        (lambda: ExporterConfig(compression="zip"),  # type: ignore[arg-type]
         "exporter compression='zip': expected one of none, gzip"),
        (lambda: ExporterConfig(timeout=0), "exporter timeout=0: expected a number between 0.001 and 3600"),
        (lambda: ExporterConfig(timeout=float("nan")),
         "exporter timeout=nan: expected a number between 0.001 and 3600"),
        (lambda: ExporterConfig(endpoint="localhost:4317"),
         "exporter endpoint='localhost:4317': expected a URL such as http://localhost:4318"),
        (lambda: SamplerConfig(kind="x"),
         f"sampler kind='x': expected one of {SAMPLERS}"),
        (lambda: SamplerConfig(ratio=1.1), "sampler ratio=1.1: expected a number between 0 and 1"),
        (lambda: SamplerConfig(rate=-1), "sampler rate=-1: expected a number between 0 and 1000000"),
        (lambda: SamplerConfig(kind="rules"), "sampler rules=None: expected the path of a file of rules"),
        (lambda: LimitsConfig(events=-1), "limits events=-1: expected a number between 0 and 10000"),
        (lambda: ExporterConfig(client_key="key.pem"),
         "exporter client_key='key.pem': expected a client_certificate beside it"),
        (lambda: BatchConfig(max_queue_size=0), "batch max_queue_size=0: expected a number between 1 and 1000000"),
        (lambda: BatchConfig(max_queue_size=10, max_export_batch_size=11),
         "batch max_export_batch_size=11: expected a number between 1 and 10"),
        (lambda: BatchConfig(schedule_delay=0), "batch schedule_delay=0: expected a number between 0.001 and 3600"),
        (lambda: TelemetryConfig(service_name=" "), "service_name=' ': expected a name"),
        (lambda: TelemetryConfig(service_name="x", shutdown_budget=61),
         "shutdown_budget=61: expected a number between 0 and 60"),
    ],
)  # fmt: skip
def test_a_wrong_value_in_code_is_refused_when_it_is_made(make: Any, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        make()

    assert str(raised.value) == message


def test_a_file_exporters_path_is_no_url() -> None:
    assert ExporterConfig(kind="file", endpoint="spans.jsonl").target == "spans.jsonl"
