from __future__ import annotations

import pytest
from opentelemetry import baggage
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from telemetry import ConfigError
from telemetry.config.environ import known_propagators
from telemetry.context.propagation import make_propagator


def injected(*names: str) -> dict[str, str]:
    span = NonRecordingSpan(SpanContext(0xA1, 0xB2, is_remote=False, trace_flags=TraceFlags(1)))
    context = baggage.set_baggage("colour", "green", set_span_in_context(span, Context()))
    carrier: dict[str, str] = {}
    make_propagator(names).inject(carrier, context)
    return carrier


def test_the_propagators_that_are_named_write_their_headers() -> None:
    traceparent = f"00-{0xA1:032x}-{0xB2:016x}-01"

    assert injected("tracecontext", "baggage") == {"traceparent": traceparent, "baggage": "colour=green"}
    assert injected("tracecontext") == {"traceparent": traceparent}
    assert injected("baggage") == {"baggage": "colour=green"}
    assert injected("none") == {}
    assert injected() == {}


def test_a_propagator_that_is_not_installed_is_one_clear_line() -> None:
    with pytest.raises(ConfigError) as raised:
        make_propagator(("tracecontext", "xray"))

    assert str(raised.value) == "propagator='xray': expected one of baggage, none, tracecontext"
    assert known_propagators() == ["baggage", "none", "tracecontext"]
