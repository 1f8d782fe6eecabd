"""The configuration table of the guide, row by row: code wins over the variable, the variable over the default."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from telemetry import ConfigError, TelemetryConfig

GUIDE = (Path(__file__).parents[3] / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([\w.]+)` \| `([A-Z0-9_]+)` \| `([^`]+)` \| `([^`]+)` \| ?([^|]*?) ?\|$", re.MULTILINE)
ROWS: list[tuple[str, ...]] = ROW.findall(GUIDE)
MUST_BE_GIVEN = "must be given"

# What else must be set for a variable to matter.
BESIDE = {
    "OTEL_EXPORTER_FILE_PATH": {"OTEL_TRACES_EXPORTER": "file"},
    "OTEL_EXPORTER_FILE_METRICS_PATH": {"OTEL_METRICS_EXPORTER": "file"},
    "OTEL_EXPORTER_FILE_LOGS_PATH": {"OTEL_LOGS_EXPORTER": "file"},
    "OTEL_EXPORTER_ZIPKIN_ENDPOINT": {"OTEL_TRACES_EXPORTER": "zipkin"},
    "OTEL_EXPORTER_ZIPKIN_TIMEOUT": {"OTEL_TRACES_EXPORTER": "zipkin"},
    "OTEL_EXPORTER_OTLP_CLIENT_KEY": {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": "/etc/tls/me.pem"},
    "sampler.rate": {"OTEL_TRACES_SAMPLER": "rate_limited"},
    "sampler.rules": {"OTEL_TRACES_SAMPLER": "rules"},
    "sampler.ratio": {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio"},
}

every_row = pytest.mark.parametrize(("field", "variable", "given", "becomes", "default"), ROWS)


def read(environ: Mapping[str, str], **code: Any) -> TelemetryConfig:
    return TelemetryConfig.from_env(environ, **({"service_name": "code"} | code))


def shown(config: TelemetryConfig, field: str) -> str:
    """Give the field as the guide writes it."""
    first, *rest = field.split(".")
    values: list[Any] = list(config.exporters) if first == "exporter" else [getattr(config, first)]
    for name in rest:
        values = [getattr(value, name) for value in values]
    return ",".join(map(text, values))


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ",".join(f"{key}={each}" for key, each in value.items())
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def test_the_guide_has_a_row_for_every_field() -> None:
    named = {field.partition(".")[0] for field, *_rest in ROWS}

    assert named == TelemetryConfig.__dataclass_fields__.keys() - {"shutdown_budget"}
    assert len(ROWS) == len(re.findall(r"^\| `[\w.]+` \| `[A-Z]", GUIDE, re.MULTILINE))


@every_row
def test_a_variable_wins_over_the_default(field: str, variable: str, given: str, becomes: str, default: str) -> None:
    beside = BESIDE.get(variable, {}) | BESIDE.get(field, {})
    code: dict[str, Any] = {"service_name": "code"} if field != "service_name" else {}
    config = TelemetryConfig.from_env(beside | {variable: given}, **code)

    assert shown(config, field) == becomes
    if default == MUST_BE_GIVEN:
        with pytest.raises(ConfigError, match=f"^{variable} is not set: expected"):
            TelemetryConfig.from_env(beside, **code)
    else:
        assert shown(read(beside), field) == default.strip("`")


@every_row
def test_code_wins_over_the_variable(field: str, variable: str, given: str, becomes: str, default: str) -> None:
    first = field.partition(".")[0]
    beside = BESIDE.get(variable, {}) | BESIDE.get(field, {})
    if field == "attributes":
        key = becomes.partition("=")[0]
        config = read(beside | {variable: given}, attributes={key: "code"})
        assert config.attributes == {key: "code"}
        return
    in_code = TelemetryConfig(service_name="code", service_version="code", environment="code")
    config = read(beside | {variable: given}, **{first: getattr(in_code, first)})

    assert getattr(config, first) == getattr(in_code, first)
    assert shown(config, field) != becomes or default == f"`{becomes}`"


@every_row
def test_a_variable_of_a_field_that_code_gives_is_not_even_looked_at(
    field: str, variable: str, given: str, becomes: str, default: str
) -> None:
    del given, becomes, default
    first = field.partition(".")[0]
    if first in {"attributes", "service_version", "environment"} or variable == "OTEL_SDK_DISABLED":
        return  # one variable for several fields
    shared = variable.startswith("OTEL_EXPORTER_OTLP_")  # it is looked at for the other signals, if they are on
    in_code = TelemetryConfig(service_name="code")
    asked = Asked({"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"} if shared else {})
    read(asked, **{first: getattr(in_code, first)})

    assert variable not in asked.names


def test_the_guide_names_every_variable_that_is_read() -> None:
    names: set[str] = set()
    for beside in [{}, *BESIDE.values(), {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp"}]:
        asked = Asked(beside | {"OTEL_TRACES_SAMPLER_ARG": "1", "OTEL_SERVICE_NAME": "user"})
        TelemetryConfig.from_env(asked)
        names |= asked.names
    common = {re.sub(r"_OTLP_(TRACES|METRICS|LOGS)_", "_OTLP_", name) for name in names}

    assert common == {variable for _field, variable, *_rest in ROWS}


class Asked(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)
