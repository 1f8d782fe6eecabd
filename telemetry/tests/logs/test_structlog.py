from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from telemetry import Telemetry, use_tenant
from telemetry.logs.structlog import ContextFields


@pytest.fixture
def output() -> Iterator[structlog.testing.LogCapture]:
    """Configure structlog as a service would, and give what is written."""
    capture = structlog.testing.LogCapture()
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            ContextFields("user"),
            capture,
        ]
    )
    yield capture
    structlog.reset_defaults()


def test_a_record_of_structlog_has_the_same_fields(output: structlog.testing.LogCapture, telemetry: Telemetry) -> None:
    with use_tenant("acme"), telemetry.tracer("tests").start_as_current_span("work") as span:
        structlog.get_logger().info("order placed", items=3)

    context = span.get_span_context()
    (entry,) = output.entries
    assert {name: entry[name] for name in ("event", "items", "service", "trace_id", "span_id", "tenant")} == {
        "event": "order placed",
        "items": 3,
        "service": "user",
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
        "tenant": "acme",
    }


def test_secrets_are_taken_out(output: structlog.testing.LogCapture) -> None:
    try:
        int("password=hunter22")
    except ValueError:
        structlog.get_logger().exception("login of jane@example.com", api_key="abc", note="token=abc123")

    (entry,) = output.entries
    assert (entry["event"], entry["api_key"], entry["note"]) == ("login of REDACTED", "REDACTED", "token=REDACTED")
    assert "hunter22" not in entry["exception"]


def test_the_record_can_be_rendered_as_json() -> None:
    event = ContextFields("user")(None, "info", {"event": "hello", "value": object()})

    assert json.loads(str(structlog.processors.JSONRenderer()(None, "info", event)))["event"] == "hello"
