from __future__ import annotations

from typing import Any

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, TextMapPropagator, default_getter

from telemetry.inbound import is_short_enough, read_context


class BrokenPropagator(TextMapPropagator):
    def extract(self, carrier: Any, context: Context | None = None, getter: Getter[Any] = default_getter) -> Context:
        raise ValueError(carrier, context, getter)

    def inject(self, *_arguments: Any, **_more: Any) -> None:
        raise NotImplementedError

    @property
    def fields(self) -> set[str]:
        return set()


def test_a_propagator_that_chokes_gives_no_context() -> None:
    assert read_context(BrokenPropagator(), {}, default_getter, trusted=True) == (Context(), [])


def test_each_header_has_its_limit() -> None:
    assert is_short_enough("tracestate", "x" * 512)
    assert not is_short_enough("tracestate", "x" * 513)
    assert is_short_enough("baggage", "x" * 8192)
    assert not is_short_enough("b3", "x" * 1025)
