from __future__ import annotations

from pathlib import Path

import pytest

from console.settings import Settings
from telemetry.settings.env import ConfigError


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_env({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.reuse_port) == ("127.0.0.1", 16686, False)


def test_everything_can_be_set() -> None:
    settings = Settings.from_env(
        {
            "LISTEN": "[::1]:0",
            "LISTEN_REUSE_PORT": "true",
            "OTLP_HTTP_LISTEN": "off",
            "OTLP_GRPC_LISTEN": "127.0.0.1:1",
            "ALLOWED_HOSTS": "a.test, b.test,",
            "MAX_TRACES": "5",
            "MAX_SPANS": "6",
            "MAX_LOGS": "7",
            "MAX_MEMORY_MIB": "16",
            "MAX_BODY_MIB": "2",
            "FILE": "console.db",
            "LOG_LEVEL": "DEBUG",
        }
    )
    assert (settings.host, settings.port, settings.reuse_port) == ("[::1]", 0, True)
    assert settings.allowed_hosts == ("a.test", "b.test")
    assert (settings.otlp_http, settings.otlp_grpc) == (None, "127.0.0.1:1")
    assert (settings.traces.traces, settings.traces.spans, settings.logs.items) == (5, 6, 7)
    assert [part.memory_bytes >> 20 for part in (settings.traces, settings.logs, settings.metrics)] == [12, 3, 1]
    assert settings.file == Path("console.db")
    assert settings.bodies.unpacked == 2 << 20
    assert settings.log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN", "16686"),
        ("OTLP_HTTP_LISTEN", "on"),
        ("OTLP_GRPC_LISTEN", "4317"),
        ("MAX_TRACES", "0"),
        ("MAX_SPANS", "many"),
        ("MAX_LOGS", "0"),
        ("MAX_MEMORY_MIB", "1"),
        ("MAX_BODY_MIB", "65"),
        ("JAEGER_URL", "jaeger"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}='{value}': expected"):
        Settings.from_env({name: value})
