from __future__ import annotations

from telemetry import Telemetry, current_trace_id


def test_the_current_trace_is_told_as_32_hexadecimal_digits(telemetry: Telemetry) -> None:
    assert current_trace_id() is None
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        assert current_trace_id() == f"{span.get_span_context().trace_id:032x}"
    assert current_trace_id() is None
