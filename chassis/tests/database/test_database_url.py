"""Database URLs: a known one is parsed, any other is one clear line without its password."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.database.engine import database_url
from telemetry import ConfigError, Secret

SECRET = "hunter2-and-more"


@pytest.mark.parametrize("given_", ["sqlite+aiosqlite:///user.db", "postgresql+asyncpg://user@host:5432/db"])
def test_a_url_that_is_known_is_parsed(given_: str) -> None:
    assert database_url(given_).render_as_string() == given_


def test_a_password_is_put_into_the_url() -> None:
    url = database_url("postgresql+asyncpg://user@host/db", Secret("p@ss/word"))

    assert url.password == "p@ss/word"
    assert url.render_as_string(hide_password=False) == "postgresql+asyncpg://user:p%40ss%2Fword@host/db"
    assert "p@ss" not in repr(url)


@pytest.mark.parametrize(
    ("given_", "line"),
    [
        (SECRET, "DATABASE_URL: expected a URL such as sqlite+aiosqlite:///file.db or postgresql+asyncpg://…"),
        ("postgresql+asyncpg://user:hunter2-and-more@host:port/db",
         "DATABASE_URL: expected a URL such as sqlite+aiosqlite:///file.db or postgresql+asyncpg://…"),
        ("postgresql://user:hunter2-and-more@host/db",
         "DATABASE_URL: 'postgresql' is not known here: expected one of sqlite+aiosqlite, postgresql+asyncpg"),
        ("mysql+aiomysql://user:hunter2-and-more@host/db",
         "DATABASE_URL: 'mysql+aiomysql' is not known here: expected one of sqlite+aiosqlite, postgresql+asyncpg"),
    ],
)  # fmt: skip
def test_a_url_that_is_not_known_is_one_clear_line_without_its_password(given_: str, line: str) -> None:
    with pytest.raises(ConfigError) as raised:
        database_url(given_)

    assert str(raised.value) == line
    assert SECRET not in "".join(traceback.format_exception(raised.value))


@given(st.text())
def test_any_url_is_parsed_or_one_clear_line(given_: str) -> None:
    try:
        database_url(given_)
    except ConfigError as error:
        message = str(error)
    else:
        return
    assert "\n" not in message
