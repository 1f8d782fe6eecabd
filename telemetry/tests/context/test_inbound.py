from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import baggage
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, TextMapPropagator, default_getter

from telemetry.context.inbound import CallerContext, is_short_enough
from telemetry.context.tenant import current_tenant, with_tenant


class BrokenPropagator(TextMapPropagator):
    def extract(self, carrier: Any, context: Context | None = None, getter: Getter[Any] = default_getter) -> Context:
        raise ValueError(carrier, context, getter)

    def inject(self, *_arguments: Any, **_more: Any) -> None:
        raise NotImplementedError

    @property
    def fields(self) -> set[str]:
        return set()


def test_a_propagator_that_chokes_gives_no_context() -> None:
    assert CallerContext(BrokenPropagator()).read({}, default_getter, Context(), trusted=True) == (Context(), [])


class OwnBaggage(BrokenPropagator):
    """Reads baggage out of headers of its own, as Jaeger's does."""

    def extract(self, carrier: Any, context: Context | None = None, getter: Getter[Any] = default_getter) -> Context:
        for name in getter.keys(carrier):
            context = baggage.set_baggage(name, carrier[name], context)
        return context or Context()


@pytest.mark.parametrize(
    ("kept", "left"),
    [((), {"tenant.id": "acme"}), (("colour", "tenant.id"), {"tenant.id": "acme", "colour": "red"})],
)
def test_of_baggage_what_is_kept_comes_in_and_the_tenant_stays_the_verified_one(
    kept: tuple[str, ...], left: dict[str, str]
) -> None:
    carrier = {"tenant.id": "other", "colour": "red", "size": "xl"}

    known = with_tenant("acme", Context())
    context, _links = CallerContext(OwnBaggage()).read(carrier, default_getter, known, trusted=True, kept=kept)

    assert baggage.get_all(context) == left
    assert current_tenant(context) == "acme"


def test_each_header_has_its_limit() -> None:
    assert is_short_enough("tracestate", "x" * 512)
    assert not is_short_enough("tracestate", "x" * 513)
    assert is_short_enough("baggage", "x" * 8192)
    assert not is_short_enough("b3", "x" * 1025)
