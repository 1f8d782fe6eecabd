from __future__ import annotations

from pathlib import Path

import pytest

from order_service.settings import Settings
from telemetry import ConfigError


def test_an_empty_environment_gives_a_service_on_this_machine() -> None:
    settings = Settings.from_env({})

    assert settings.listen == "127.0.0.1:50052"
    assert not settings.reuse_port
    assert str(settings.database_url) == "sqlite+aiosqlite:///order.db"
    assert settings.user_service == "127.0.0.1:50051"
    assert (settings.watch_window, settings.watch_interval) == (280.0, 2.0)
    assert settings.log_level == "INFO"
    assert settings.telemetry.service_name == "order"
    assert settings.telemetry.service_version


def test_a_second_instance_shares_the_port_when_it_is_told_to() -> None:
    assert Settings.from_env({"LISTEN_REUSE_PORT": "true"}).reuse_port


def test_the_databases_password_comes_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss/word\n")

    settings = Settings.from_env(
        {"DATABASE_URL": "postgresql+asyncpg://order_app@db/order", "DATABASE_PASSWORD_FILE": str(secret)}
    )

    assert settings.database_url.password == "p@ss/word"
    assert "p@ss" not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"LISTEN": "50052"}, "LISTEN='50052': expected HOST:PORT"),
        ({"USER_SERVICE": "user"}, "USER_SERVICE='user': expected HOST:PORT"),
        ({"WATCH_WINDOW": "0"}, "WATCH_WINDOW='0': expected a number between 0.1 and 3600"),
        ({"WATCH_INTERVAL": "often"}, "WATCH_INTERVAL='often': expected a number between 0.05 and 60"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL='LOUD': expected one of DEBUG, INFO, WARNING, ERROR"),
        ({"DATABASE_URL": "mysql://a:secret@b/c"}, "DATABASE_URL: 'mysql' is not known here"),
        ({"FAULT_FLAGS": "flags.json"}, "FAULT_FLAGS='flags.json' without FAULTS=1: expected both, or neither"),
    ],
)
def test_a_setting_that_is_wrong_is_named(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as wrong:
        Settings.from_env(environ)

    assert "secret" not in str(wrong.value)
