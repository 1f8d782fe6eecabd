from __future__ import annotations

import pytest

from console.settings import Settings
from telemetry.env import ConfigError


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_env({})
    assert settings == Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 16686)


def test_everything_can_be_set() -> None:
    settings = Settings.from_env(
        {
            "LISTEN": "[::1]:0",
            "ALLOWED_HOSTS": "a.test, b.test,",
            "MAX_TRACES": "5",
            "MAX_SPANS": "6",
            "MAX_MEMORY_MIB": "8",
            "MAX_BODY_MIB": "2",
            "LOG_LEVEL": "DEBUG",
        }
    )
    assert (settings.host, settings.port) == ("[::1]", 0)
    assert settings.allowed_hosts == ("a.test", "b.test")
    assert (settings.store.traces, settings.store.spans, settings.store.memory_bytes) == (5, 6, 8 << 20)
    assert settings.bodies.unpacked == 2 << 20
    assert settings.log_level == "DEBUG"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN", "16686"),
        ("MAX_TRACES", "0"),
        ("MAX_SPANS", "many"),
        ("MAX_MEMORY_MIB", "1"),
        ("MAX_BODY_MIB", "65"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}='{value}': expected"):
        Settings.from_env({name: value})
