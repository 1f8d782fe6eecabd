from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.baggage import get_all, set_baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context

from telemetry.context.baggage import BaggagePropagator
from telemetry.context.propagation import make_propagator

ENTRIES = st.dictionaries(st.text(max_size=20), st.text(max_size=20) | st.integers(), max_size=4)


def written(propagator: W3CBaggagePropagator, entries: dict[str, object]) -> dict[str, str]:
    context = Context()
    for name, value in entries.items():
        context = set_baggage(name, value, context)
    carrier: dict[str, str] = {}
    propagator.inject(carrier, context)
    return carrier


@given(ENTRIES)
def test_what_is_written_is_what_the_sdk_writes(entries: dict[str, object]) -> None:
    for _time in range(2):  # made, and kept
        assert written(BaggagePropagator(), entries) == written(W3CBaggagePropagator(), entries)


def test_what_is_too_long_is_left_out_as_the_sdk_does() -> None:
    entries: dict[str, object] = {"long": "x" * 9000, "colour": "green"}

    assert written(BaggagePropagator(), entries) == {"baggage": "colour=green"}
    assert written(BaggagePropagator(), {"long": "x" * 9000}) == {}


def test_what_is_written_is_read_again() -> None:
    carrier = written(BaggagePropagator(), {"colour": "light green"})

    assert dict(get_all(BaggagePropagator().extract(carrier, Context()))) == {"colour": "light green"}


def test_the_name_baggage_means_this_propagator() -> None:
    assert isinstance(make_propagator(("baggage",)), BaggagePropagator)
