from __future__ import annotations

import pytest

from telemetry import ConfigError, ExporterConfig, LogsConfig, MetricsConfig, TelemetryConfig


def read(**environ: str) -> TelemetryConfig:
    return TelemetryConfig.from_env(environ, service_name="test")


def test_metrics_and_logs_are_off_unless_asked_for() -> None:
    config = read(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318")

    assert (config.metrics, config.logs) == (MetricsConfig(), LogsConfig())
    assert config.metrics.exporter.kind == config.logs.exporter.kind == "none"


@pytest.mark.parametrize("signal", ["metrics", "logs"])
def test_a_signal_goes_to_its_own_path_under_the_common_endpoint(signal: str) -> None:
    config = read(
        **{
            f"OTEL_{signal.upper()}_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/base",
        }
    )

    exporter: ExporterConfig = getattr(config, signal).exporter
    assert exporter.kind == "otlp"
    assert exporter.endpoint == f"http://collector:4318/base/v1/{signal}"
    assert config.exporters[0].endpoint == "http://collector:4318/base/v1/traces"


@pytest.mark.parametrize("signal", ["METRICS", "LOGS"])
def test_the_variables_of_a_signal_win_over_the_common_ones(signal: str) -> None:
    config = read(
        **{
            f"OTEL_{signal}_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://common:4318",
            "OTEL_EXPORTER_OTLP_HEADERS": "key=common",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1000",
            f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT": "http://own:4317",
            f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL": "grpc",
            f"OTEL_EXPORTER_OTLP_{signal}_HEADERS": "key=own",
            f"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT": "3000",
            f"OTEL_EXPORTER_OTLP_{signal}_COMPRESSION": "gzip",
        }
    )

    assert getattr(config, signal.lower()).exporter == ExporterConfig(
        endpoint="http://own:4317", protocol="grpc", headers={"key": "own"}, timeout=3.0, compression="gzip"
    )
    assert config.exporters[0].headers == {"key": "common"}


def test_the_other_variables_of_metrics_and_logs() -> None:
    config = read(
        OTEL_METRICS_EXPORTER="console",
        OTEL_METRIC_EXPORT_INTERVAL="2500",
        OTEL_METRICS_EXEMPLAR_FILTER="always_off",
        OTEL_LOGS_EXPORTER="console",
        OTEL_BLRP_MAX_QUEUE_SIZE="10",
        OTEL_BLRP_MAX_EXPORT_BATCH_SIZE="5",
        OTEL_BLRP_SCHEDULE_DELAY="200",
        ACCESS_LOG="off",
    )

    console = ExporterConfig(kind="console")
    assert config.metrics == MetricsConfig(exporter=console, interval=2.5, exemplars="always_off")
    assert config.logs == LogsConfig(
        exporter=console, max_queue_size=10, max_export_batch_size=5, schedule_delay=0.2, access=False
    )


def test_disabled_is_disabled() -> None:
    config = read(OTEL_SDK_DISABLED="true", OTEL_METRICS_EXPORTER="otlp", OTEL_LOGS_EXPORTER="otlp")

    assert config.metrics.exporter.kind == config.logs.exporter.kind == "none"


def test_what_code_says_wins() -> None:
    metrics = MetricsConfig(interval=1.0)
    config = TelemetryConfig.from_env({"OTEL_METRICS_EXPORTER": "wrong"}, service_name="test", metrics=metrics)

    assert config.metrics is metrics


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OTEL_METRICS_EXPORTER", "prometheus", "expected one of otlp, console, file, none"),
        ("OTEL_LOGS_EXPORTER", "zipkin", "expected one of otlp, console, file, none"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "soon", "expected a number between 1 and 3600000"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "some", "expected one of trace_based, always_on, always_off"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "0", "expected a whole number between 1 and 1000000"),
        ("ACCESS_LOG", "maybe", "expected one of 1, true, yes, on, 0, false, no, off"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, expected: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read(**{name: value})

    assert str(raised.value) == f"{name}={value!r}: {expected}"


def test_a_wrong_endpoint_of_a_signal_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^OTEL_EXPORTER_OTLP_LOGS_ENDPOINT='collector': expected a URL"):
        read(OTEL_LOGS_EXPORTER="otlp", OTEL_EXPORTER_OTLP_LOGS_ENDPOINT="collector")


def test_an_exporter_that_is_for_spans_alone_is_refused() -> None:
    exporter = ExporterConfig(kind="zipkin")
    with pytest.raises(ConfigError, match="metrics exporter kind"):
        MetricsConfig(exporter=exporter)
    with pytest.raises(ConfigError, match="logs exporter kind"):
        LogsConfig(exporter=exporter)
