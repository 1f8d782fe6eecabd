from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telemetry import Telemetry, use_tenant
from telemetry.logs.formatter import JsonFormatter, configure_logging
from telemetry.redaction import redact

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Iterator[Read]:
    """Give a function that reads the lines that were written, and put the root logger back at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_record_is_a_line_of_json_with_its_trace_span_and_tenant(read: Read, telemetry: Telemetry) -> None:
    configure_logging("user", "INFO")
    with use_tenant("acme"), telemetry.tracer("tests").start_as_current_span("work") as span:
        logging.getLogger("shop.orders").warning("order %s is late", "o-1")
    (line,) = read()

    context = span.get_span_context()
    time = datetime.fromisoformat(line.pop("time"))
    assert abs((datetime.now(UTC) - time).total_seconds()) < 60
    assert line == {
        "level": "WARNING",
        "service": "user",
        "logger": "shop.orders",
        "message": "order o-1 is late",
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
        "tenant": "acme",
    }


def test_a_record_outside_a_trace_has_no_ids(read: Read) -> None:
    configure_logging("user", "INFO")
    logging.getLogger("shop").info("started")

    assert not {"trace_id", "span_id", "tenant", "exception"} & read()[0].keys()


def test_an_exception_is_in_its_line(read: Read) -> None:
    configure_logging("user", "INFO")
    logging.getLogger("shop").error("failed", exc_info=ValueError("first\nsecond"))
    (line,) = read()

    assert line["message"] == "failed"
    assert line["exception"] == "ValueError: first\nsecond"


def test_records_below_the_level_are_left_out(read: Read) -> None:
    configure_logging("user", "INFO")
    logging.getLogger("shop").debug("detail")
    logging.getLogger("shop").info("news")

    assert [line["message"] for line in read()] == ["news"]


def test_it_may_be_configured_again(read: Read) -> None:
    configure_logging("user", "INFO")
    configure_logging("order", "ERROR")
    logging.getLogger("shop").warning("left out")
    logging.getLogger("shop").error("kept")

    assert [(line["service"], line["message"]) for line in read()] == [("order", "kept")]


@given(st.text())
@example("0@0.0")  # an e-mail address, as far as a pattern can tell
def test_any_message_is_one_line_that_can_be_written_and_read_back(message: str) -> None:
    record = logging.LogRecord("shop", logging.INFO, "", 0, message, None, None)
    line = JsonFormatter("user").format(record)

    assert len(line.splitlines()) == 1
    assert json.loads(line.encode())["message"] == redact(message)


def test_the_stack_of_the_logging_call_is_a_field_without_secrets(read: Read) -> None:
    configure_logging("user", "INFO")
    logging.getLogger("shop").info("here", stack_info=True)  # password=hunter2
    (line,) = read()

    assert line["stack_info"].startswith("Stack (most recent call last):")
    assert 'logging.getLogger("shop").info("here", stack_info=True)' in line["stack_info"]
    assert "hunter2" not in line["stack_info"]
