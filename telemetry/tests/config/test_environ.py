from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import BatchConfig, ConfigError, ExporterConfig, LimitsConfig, SamplerConfig, TelemetryConfig

OTLP = "OTEL_EXPORTER_OTLP_"


TRACES = "OTEL_EXPORTER_OTLP_TRACES_"


SAMPLERS = (
    "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, "
    "rate_limited, rules"
)


FLAGS = "1, true, yes, on, 0, false, no, off"


NAMES = [
    "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_EXPORTER", OTLP + "ENDPOINT", TRACES + "ENDPOINT",
    OTLP + "HEADERS", OTLP + "PROTOCOL", OTLP + "TIMEOUT", OTLP + "COMPRESSION", "OTEL_PROPAGATORS",
    "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_SDK_DISABLED",
]  # fmt: skip


def read(**environ: str) -> TelemetryConfig:
    return TelemetryConfig.from_env(environ, service_name="user", service_version="1.2", environment="test")


def only(config: TelemetryConfig) -> ExporterConfig:
    (exporter,) = config.exporters
    return exporter


def line(**environ: str) -> str:
    with pytest.raises(ConfigError) as raised:
        read(**environ)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_an_empty_environment_leaves_the_programs_own_values_and_the_defaults() -> None:
    config = read()

    assert (config.service_name, config.service_version, config.environment) == ("user", "1.2", "test")
    assert config.attributes == {}
    assert only(config) == ExporterConfig()
    assert only(config).target == "http://localhost:4318/v1/traces"
    assert config.sampler == SamplerConfig(kind="parentbased_always_on", ratio=1.0)
    assert config.batch == BatchConfig(max_queue_size=2048, max_export_batch_size=512, schedule_delay=1.0)
    assert config.propagators == ("tracecontext", "baggage")


@pytest.mark.parametrize(
    ("environ", "field", "value"),
    [
        ({"OTEL_SERVICE_NAME": "other"}, "service_name", "other"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=other"}, "service_name", "other"),
        (
            {"OTEL_SERVICE_NAME": "other", "OTEL_RESOURCE_ATTRIBUTES": "service.name=third"},
            "service_name",
            "other",
        ),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=a,service.version=9"}, "service_version", "9"),
        (
            {"OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment.name=production"},
            "environment",
            "production",
        ),
    ],
)
def test_a_variable_names_what_code_leaves_open(environ: dict[str, str], field: str, value: object) -> None:
    environ = {"OTEL_RESOURCE_ATTRIBUTES": "service.name=user"} | environ
    assert getattr(TelemetryConfig.from_env(environ), field) == value


def test_without_a_name_anywhere_the_variable_is_asked_for() -> None:
    with pytest.raises(ConfigError) as raised:
        TelemetryConfig.from_env({})

    assert str(raised.value) == "OTEL_SERVICE_NAME is not set: expected a name, there or in code"


@pytest.mark.parametrize(
    ("environ", "field", "value"),
    [
        (
            {"OTEL_RESOURCE_ATTRIBUTES": "team=shop%20floor, host.name = web=1 ,,"},
            "attributes",
            {"team": "shop floor", "host.name": "web=1"},
        ),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, "sampler", SamplerConfig(kind="always_off")),
        (
            {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"},
            "sampler",
            SamplerConfig(kind="traceidratio", ratio=0.25),
        ),
        (
            {"OTEL_TRACES_SAMPLER": "rate_limited", "OTEL_TRACES_SAMPLER_ARG": "20"},
            "sampler",
            SamplerConfig(kind="rate_limited", rate=20),
        ),
        (
            {"OTEL_TRACES_SAMPLER": "rules", "OTEL_TRACES_SAMPLER_ARG": "sampling.toml"},
            "sampler",
            SamplerConfig(kind="rules", rules="sampling.toml"),
        ),
        ({"OTEL_ATTRIBUTE_COUNT_LIMIT": "9"}, "limits", LimitsConfig(attributes=9)),
        (
            {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "99", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "9"},
            "limits",
            LimitsConfig(attribute_length=9),
        ),
        ({"OTEL_PROPAGATORS": "tracecontext"}, "propagators", ("tracecontext",)),
        ({"OTEL_PROPAGATORS": "baggage, tracecontext,baggage"}, "propagators", ("baggage", "tracecontext")),
        ({"OTEL_PROPAGATORS": "none"}, "propagators", ("none",)),
        (
            {"OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_SCHEDULE_DELAY": "250"},
            "batch",
            BatchConfig(max_queue_size=100, max_export_batch_size=100, schedule_delay=0.25),
        ),
        ({"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "7"}, "batch", BatchConfig(max_export_batch_size=7)),
    ],
)
def test_a_variable_sets_its_field(environ: dict[str, str], field: str, value: object) -> None:
    assert getattr(read(**environ), field) == value


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("OTEL_TRACES_EXPORTER", "jaeger", "expected one of otlp, zipkin, console, file, none"),
        ("OTEL_TRACES_EXPORTER", ",", "expected one of otlp, zipkin, console, file, none"),
        (OTLP + "PROTOCOL", "http/json", "expected one of grpc, http/protobuf"),
        (TRACES + "PROTOCOL", "udp", "expected one of grpc, http/protobuf"),
        (OTLP + "COMPRESSION", "zstd", "expected one of none, gzip"),
        (OTLP + "TIMEOUT", "10s", "expected a number between 1 and 3600000"),
        (TRACES + "TIMEOUT", "0", "expected a number between 1 and 3600000"),
        (OTLP + "ENDPOINT", "collector:4318", "expected a URL such as http://localhost:4318"),
        (TRACES + "ENDPOINT", "ftp://collector", "expected a URL such as http://localhost:4318"),
        (OTLP + "ENDPOINT", "http://", "expected a URL such as http://localhost:4318"),
        (OTLP + "ENDPOINT", "http://host:port", "expected a URL such as http://localhost:4318"),
        (OTLP + "ENDPOINT", "http://[::1", "expected a URL such as http://localhost:4318"),
        ("OTEL_TRACES_SAMPLER", "xray", f"expected one of {SAMPLERS}"),
        ("OTEL_TRACES_SAMPLER_ARG", "2", "expected a number between 0 and 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "half", "expected a number between 0 and 1"),
        ("OTEL_PROPAGATORS", "xray", "expected one of baggage, none, tracecontext"),
        ("OTEL_PROPAGATORS", "tracecontext,,b3x", "expected one of baggage, none, tracecontext"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "expected a whole number between 1 and 1000000"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096", "expected a whole number between 1 and 2048"),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon", "expected a number between 1 and 3600000"),
        ("OTEL_SDK_DISABLED", "perhaps", f"expected one of {FLAGS}"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line_with_the_variable_the_value_and_what_is_allowed(
    name: str, value: str, allowed: str
) -> None:
    shown = {"tracecontext,,b3x": "b3x", ",": ","}.get(value, value)
    assert line(**{name: value}) == f"{name}={shown!r}: {allowed}"


def test_a_wrong_zipkin_variable_is_one_line() -> None:
    assert line(OTEL_TRACES_EXPORTER="zipkin", OTEL_EXPORTER_ZIPKIN_ENDPOINT="zipkin") == (
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT='zipkin': expected a URL such as http://localhost:4318"
    )


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_any_environment_gives_a_config_or_one_line(environ: dict[str, str]) -> None:
    try:
        config = read(**environ)
    except ConfigError as error:
        message = str(error)
    else:
        assert all(isinstance(exporter.target, str) for exporter in config.exporters)
        return
    assert "\n" not in message
    assert any(name in message for name in environ)
