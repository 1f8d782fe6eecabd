from __future__ import annotations

from pathlib import Path

import pytest

from gateway.backends import BACKENDS
from gateway.settings import Settings
from telemetry import ConfigError, Secret

KEY = "k" * 32


def test_a_key_is_all_that_must_be_said() -> None:
    settings = Settings.from_env({"JWT_KEY": KEY})

    assert settings.tokens.key == Secret(KEY)
    assert (settings.tokens.issuer, settings.tokens.audience) == ("throughline", "throughline")
    assert (settings.listen, settings.request_timeout, settings.stream_timeout) == ("127.0.0.1:8000", 5.0, 300.0)
    assert not settings.reuse_port
    assert settings.addresses == {each.client.name: each.address for each in BACKENDS}
    assert settings.addresses["user"] == "127.0.0.1:50051"
    assert settings.telemetry.service_name == "gateway"


def test_everything_can_be_said() -> None:
    settings = Settings.from_env(
        {
            "JWKS_URL": "https://issuer.example/keys",
            "JWT_ISSUER": "issuer",
            "JWT_AUDIENCE": "shop",
            "LISTEN": "0.0.0.0:80",
            "LISTEN_REUSE_PORT": "true",
            "USER_SERVICE": "user:1",
            "ORDER_SERVICE": "order:2",
            "REQUEST_TIMEOUT": "1.5",
            "STREAM_TIMEOUT": "60",
            "LOG_LEVEL": "DEBUG",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=staging",
        }
    )

    assert (settings.tokens.jwks_url, settings.tokens.issuer, settings.tokens.audience) == (
        "https://issuer.example/keys",
        "issuer",
        "shop",
    )
    assert (settings.listen, settings.reuse_port) == ("0.0.0.0:80", True)
    assert (settings.addresses["user"], settings.addresses["order"]) == ("user:1", "order:2")
    assert (settings.request_timeout, settings.stream_timeout, settings.log_level) == (1.5, 60.0, "DEBUG")
    assert (settings.telemetry.service_name, settings.telemetry.environment) == ("gateway", "staging")


def test_the_key_may_stand_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")

    settings = Settings.from_env({"JWT_KEY_FILE": str(file)})

    assert settings.tokens.key == Secret(KEY)
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "JWT_KEY is not set: expected a key of at least 32 bytes, its file's name in JWT_KEY_FILE, or JWKS_URL"),
        ({"JWT_KEY": "secret"}, "JWT_KEY has 6 bytes: expected at least 32"),
        ({"JWT_KEY": KEY, "JWKS_URL": "https://x"}, "JWT_KEY and JWKS_URL are both set: expected one of them"),
        ({"JWKS_URL": "issuer"}, "JWKS_URL='issuer': expected a URL such as http"),
        ({"JWT_KEY": KEY, "LISTEN": "8000"}, "LISTEN='8000': expected HOST:PORT"),
        ({"JWT_KEY": KEY, "USER_SERVICE": "user"}, "USER_SERVICE='user': expected HOST:PORT"),
        ({"JWT_KEY": KEY, "REQUEST_TIMEOUT": "0"}, "REQUEST_TIMEOUT='0': expected a number between 0.1 and 60"),
        ({"JWT_KEY": KEY, "STREAM_TIMEOUT": "x"}, "STREAM_TIMEOUT='x': expected a number between 1 and 3600"),
        ({"JWT_KEY": KEY, "LOG_LEVEL": "loud"}, "LOG_LEVEL='loud': expected one of DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_env(environ)

    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
