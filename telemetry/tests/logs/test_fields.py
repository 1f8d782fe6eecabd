from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.logs.fields import CLEAN, clean_fields, describe
from telemetry.logs.formatter import JsonFormatter


def record_of(message: str, *arguments: object, exc_info: Any = None, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("shop", logging.INFO, "", 0, message, arguments, exc_info)
    vars(record).update(extra)
    return record


def test_what_is_given_beside_the_message_is_kept() -> None:
    described = describe(record_of("order placed", order_id="o-1", items=3, gift=True, note=None))

    assert described.extra == {"order_id": "o-1", "items": 3, "gift": True, "note": None}


def test_secrets_are_taken_out_of_message_extras_and_stack_trace() -> None:
    try:
        int("password=hunter22")
    except ValueError:
        record = record_of(
            "login of %s", "jane@example.com", exc_info=sys.exc_info(), authorization="Bearer abc", note="token=abc123"
        )
    described = describe(record)

    assert described.message == "login of REDACTED"
    assert described.extra == {"authorization": "REDACTED", "note": "token=REDACTED"}
    assert "hunter22" not in described.stack_trace
    assert "hunter22" not in JsonFormatter("test").format(record)


def test_what_is_said_to_be_clean_is_not_searched() -> None:
    described = describe(record_of("jane@example.com", note="jane@example.com", **{CLEAN: True}))

    assert (described.message, described.extra) == ("jane@example.com", {"note": "jane@example.com"})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_a_text(value: float) -> None:
    line = JsonFormatter("test").format(record_of("hello", value=value))

    assert json.loads(line, parse_constant=pytest.fail)["value"] == str(value)


def test_a_record_is_described_once_for_all_handlers() -> None:
    record = record_of("hello")

    assert describe(record) is describe(record)


def test_an_extra_cannot_take_the_place_of_a_field() -> None:
    line = json.loads(JsonFormatter("user").format(record_of("hello", service="forged", level="forged", time="forged")))

    assert (line["service"], line["level"]) == ("user", "INFO")
    assert line["time"] != "forged"


def test_a_value_without_a_text_costs_no_line() -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError("broken")

    assert "its text cannot be made" in str(describe(record_of("hello", value=Broken())).extra["value"])


@pytest.mark.parametrize("name", ["password", "api_key", "Authorization", "session_id", "access_token"])
def test_a_text_in_a_field_with_a_secret_name_is_redacted(name: str) -> None:
    assert clean_fields({name: "12345"}) == {name: "REDACTED"}


@pytest.mark.parametrize("value", [512, 0.5, True, None])
def test_numbers_and_booleans_stay_whatever_the_name(value: object) -> None:
    assert clean_fields({"max_token": value, "has_password": value}) == {"max_token": value, "has_password": value}


@given(
    st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()))
)
def test_any_extras_are_one_line_of_json(extra: dict[str, object]) -> None:
    record = record_of("hello")
    for name, value in extra.items():
        vars(record).setdefault(name, value)
    line = JsonFormatter("test").format(record)

    assert len(line.splitlines()) == 1
    assert json.loads(line)["message"] == "hello"
