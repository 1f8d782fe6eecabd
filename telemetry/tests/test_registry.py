from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from telemetry import ConfigError, ExporterConfig, Telemetry, TelemetryConfig, configure
from telemetry.registry import program_line

NOBODY = ExporterConfig(endpoint="http://127.0.0.1:1")


@pytest.fixture
def first() -> Iterator[Telemetry]:
    with configure(TelemetryConfig(service_name="user", exporter=NOBODY)) as telemetry:
        yield telemetry


def test_to_configure_a_service_twice_is_an_error_that_tells_where_the_first_was(first: Telemetry) -> None:
    with pytest.raises(ConfigError) as raised:
        configure(first.config)

    message = str(raised.value)
    assert message.startswith(f"configure: service_name='user' was configured at {__file__}:16: expected to be called")
    assert "\n" not in message


def test_after_the_first_is_shut_down_there_may_be_another(first: Telemetry) -> None:
    first.shutdown()
    with configure(first.config) as second:
        first.shutdown()
        with pytest.raises(ConfigError):
            configure(first.config)
        assert second.config is first.config


def test_one_that_nobody_holds_any_more_is_in_nobodys_way() -> None:
    for _time in range(3):
        configure(TelemetryConfig(service_name="forgotten", exporter=NOBODY))


def test_several_services_may_live_in_one_process(first: Telemetry) -> None:
    with configure(TelemetryConfig(service_name="order", exporter=NOBODY)) as second:
        assert second.config.service_name != first.config.service_name


def test_what_exports_nothing_may_be_configured_as_often_as_one_likes(first: Telemetry) -> None:
    silent = TelemetryConfig(service_name=first.config.service_name, exporter=ExporterConfig(kind="none"))
    with configure(silent), configure(silent):
        assert first.tracer("tests")


def test_a_configuration_that_failed_claims_no_name() -> None:
    wrong = ExporterConfig(endpoint="https://127.0.0.1:1", certificate="/missing.pem")
    for _time in range(2):
        with pytest.raises(ConfigError, match=r"/missing.pem"):
            configure(TelemetryConfig(service_name="failed", exporter=wrong))


def test_the_place_is_the_nearest_one_outside_of_this_package() -> None:
    assert program_line() == f"{__file__}:62"


def test_a_second_line_of_set_up_is_an_error_that_tells_where_the_first_was(run_python: Any) -> None:
    result = run_python("""
from telemetry import init_tracer
init_tracer("script", exporter_type="none")
init_tracer("other", exporter_type="none")
""")

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "telemetry.settings.env.ConfigError: init_tracer: the global tracer provider was set "
        "by init_tracer at <string>:3: "
        "expected to be called once"
    )


def test_a_provider_of_somebody_else_is_not_passed_over_in_silence(run_python: Any) -> None:
    result = run_python("""
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from telemetry import init_tracer
trace.set_tracer_provider(TracerProvider())
init_tracer("script", exporter_type="none")
""")

    assert result.stderr.splitlines()[-1] == (
        "telemetry.settings.env.ConfigError: init_tracer: the global tracer provider was set by other code: "
        "expected to be called once"
    )
