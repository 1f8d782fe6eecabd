from __future__ import annotations

import pytest

from telemetry import ConfigError, ExporterConfig, TelemetryConfig

OTLP = "OTEL_EXPORTER_OTLP_"


TRACES = "OTEL_EXPORTER_OTLP_TRACES_"


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


@pytest.mark.parametrize(
    ("environ", "field", "value"),
    [
        ({OTLP + "PROTOCOL": "grpc"}, "protocol", "grpc"),
        ({OTLP + "PROTOCOL": "grpc", TRACES + "PROTOCOL": "http/protobuf"}, "protocol", "http/protobuf"),
        ({OTLP + "COMPRESSION": "gzip"}, "compression", "gzip"),
        ({OTLP + "COMPRESSION": "gzip", TRACES + "COMPRESSION": "none"}, "compression", "none"),
        ({OTLP + "TIMEOUT": "1500"}, "timeout", 1.5),
        ({OTLP + "TIMEOUT": "1500", TRACES + "TIMEOUT": "250"}, "timeout", 0.25),
        ({OTLP + "CERTIFICATE": "/ca.pem"}, "certificate", "/ca.pem"),
        ({OTLP + "CERTIFICATE": "/ca.pem", TRACES + "CERTIFICATE": "/own.pem"}, "certificate", "/own.pem"),
        ({OTLP + "HEADERS": "api-key=a%3Db,x=1"}, "headers", {"api-key": "a=b", "x": "1"}),
        ({OTLP + "HEADERS": "api-key=a,x=1", TRACES + "HEADERS": "x=2"}, "headers", {"x": "2"}),
        ({"OTEL_TRACES_EXPORTER": "console"}, "kind", "console"),
        ({"OTEL_TRACES_EXPORTER": "none"}, "kind", "none"),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "console"}, "kind", "none"),
        ({"OTEL_SDK_DISABLED": "false", "OTEL_TRACES_EXPORTER": "console"}, "kind", "console"),
        ({"OTEL_TRACES_EXPORTER": "file"}, "target", "traces.jsonl"),
        ({"OTEL_TRACES_EXPORTER": "file", "OTEL_EXPORTER_FILE_PATH": "/tmp/t"}, "target", "/tmp/t"),  # noqa: S108
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "target", "http://localhost:9411/api/v2/spans"),
        (
            {"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_ZIPKIN_ENDPOINT": "https://z:1/api/v2/spans"},
            "target",
            "https://z:1/api/v2/spans",
        ),
        ({"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_ZIPKIN_TIMEOUT": "2000"}, "timeout", 2.0),
    ],
)
def test_a_variable_sets_its_field_of_the_exporter(environ: dict[str, str], field: str, value: object) -> None:
    assert getattr(only(read(**environ)), field) == value


# https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
@pytest.mark.parametrize(
    ("environ", "target"),
    [
        ({}, "http://localhost:4318/v1/traces"),
        ({OTLP + "ENDPOINT": "http://collector:4318"}, "http://collector:4318/v1/traces"),
        ({OTLP + "ENDPOINT": "http://collector:4318/"}, "http://collector:4318/v1/traces"),
        ({OTLP + "ENDPOINT": "https://collector/otlp"}, "https://collector/otlp/v1/traces"),
        ({OTLP + "ENDPOINT": "https://collector/otlp/"}, "https://collector/otlp/v1/traces"),
        ({OTLP + "ENDPOINT": "https://collector/otlp?key=1"}, "https://collector/otlp/v1/traces?key=1"),
        ({TRACES + "ENDPOINT": "http://collector:4318/v1/traces"}, "http://collector:4318/v1/traces"),
        ({TRACES + "ENDPOINT": "http://collector:4318/mine"}, "http://collector:4318/mine"),
        ({TRACES + "ENDPOINT": "http://collector:4318/mine/"}, "http://collector:4318/mine/"),
        ({TRACES + "ENDPOINT": "http://collector:4318"}, "http://collector:4318/"),
        ({TRACES + "ENDPOINT": "http://collector:4318/"}, "http://collector:4318/"),
        ({TRACES + "ENDPOINT": "http://own:1/x", OTLP + "ENDPOINT": "http://common:2"}, "http://own:1/x"),
        ({OTLP + "PROTOCOL": "grpc"}, "http://localhost:4317"),
        ({OTLP + "PROTOCOL": "grpc", OTLP + "ENDPOINT": "http://collector:4317"}, "http://collector:4317"),
        ({OTLP + "PROTOCOL": "grpc", TRACES + "ENDPOINT": "https://collector:4317/"}, "https://collector:4317/"),
    ],
)
def test_an_endpoint_is_joined_as_the_specification_says(environ: dict[str, str], target: str) -> None:
    assert only(read(**environ)).target == target


def test_several_exporters_each_read_their_own_variables() -> None:
    config = read(OTEL_TRACES_EXPORTER="otlp, console,file,otlp", OTEL_EXPORTER_OTLP_ENDPOINT="http://c:1")

    assert [exporter.kind for exporter in config.exporters] == ["otlp", "console", "file"]
    assert config.exporters[0].target == "http://c:1/v1/traces"


@pytest.mark.parametrize("name", [OTLP + "HEADERS", TRACES + "HEADERS", "OTEL_RESOURCE_ATTRIBUTES"])
@pytest.mark.parametrize("value", ["hunter2", "=hunter2", "a=1,hunter2"])
def test_pairs_that_are_none_are_refused_and_never_shown(name: str, value: str) -> None:
    assert line(**{name: value}) == (f"{name}: expected key=value pairs separated by commas, values percent-encoded")


def test_a_password_in_an_endpoint_is_never_shown() -> None:
    assert line(OTEL_EXPORTER_OTLP_ENDPOINT="htp://user:hunter2@collector") == (
        "OTEL_EXPORTER_OTLP_ENDPOINT='htp://…@collector': expected a URL such as http://localhost:4318"
    )


def test_header_values_are_in_no_repr() -> None:
    config = read(**{OTLP + "HEADERS": "api-key=hunter2"})

    assert only(config).headers == {"api-key": "hunter2"}
    assert "hunter2" not in repr(config)
    assert "hunter2" not in str(config)
