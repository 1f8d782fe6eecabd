"""The context that a caller sends, as far as the caller is trusted: no input raises or grows without a limit."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TypeVar

from opentelemetry import baggage
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, TextMapPropagator
from opentelemetry.trace import Link, SpanContext, get_current_span

from telemetry.context.propagation import without_baggage
from telemetry.context.w3c import TraceContextPropagator
from telemetry.semconv import TENANT_ID

_logger = logging.getLogger(__name__)

Carrier = TypeVar("Carrier")

# Characters. https://www.w3.org/TR/trace-context/#tracestate-limits and https://www.w3.org/TR/baggage/#limits are what
# must be propagated at least; here that is also the maximum. A longer header is ignored.
_LONGEST = {"tracestate": 512, "baggage": 8192}
_LONGEST_OTHER = 1024


def is_short_enough(name: str, value: str) -> bool:
    """Return whether the value of a header that carries context is within its limit; `name` is in lower case."""
    return len(value) <= _LONGEST.get(name, _LONGEST_OTHER)


class CallerContext:
    """Reads the context that callers send.

    Args:
        propagator: Reads the context.

    Attributes:
        is_plain: Without baggage, it is W3C trace context alone.
    """

    def __init__(self, propagator: TextMapPropagator) -> None:
        self._all = propagator
        self._but_baggage = without_baggage(propagator)
        self.is_plain = isinstance(self._but_baggage, TraceContextPropagator)

    def read(
        self,
        carrier: Carrier,
        getter: Getter[Carrier],
        into: Context,
        *,
        trusted: bool,
        kept: Collection[str] = (),
    ) -> tuple[Context, list[Link]]:
        """Return the parent context of a server span, and its links.

        Args:
            carrier: The headers or metadata.
            getter: Reads the carrier.
            into: A context that is already known, with the tenant, and is kept; it has no span.
            trusted: The caller's trace continues; otherwise it becomes a link, without its tracestate.
            kept: The baggage keys that are kept of a trusted caller; the tenant's is never kept.
        """
        propagator = self._all if kept else self._but_baggage
        try:
            found = propagator.extract(carrier, context=into, getter=getter)
        except Exception:
            _logger.debug("the caller's context cannot be read", exc_info=True)
            return into, []
        if trusted:
            return (_with_baggage(found, kept, into) if kept or not self.is_plain else found), []
        caller = get_current_span(found).get_span_context()
        if not caller.is_valid:
            return into, []
        link = SpanContext(caller.trace_id, caller.span_id, is_remote=True, trace_flags=caller.trace_flags)
        return into, [Link(link)]


def _with_baggage(found: Context, kept: Collection[str], own: Context) -> Context:
    given, own_baggage = baggage.get_all(found), baggage.get_all(own)
    if given == own_baggage:
        return found
    for name in given:
        if name not in kept or name == TENANT_ID:
            found = baggage.remove_baggage(name, found)
    for name, value in own_baggage.items():
        found = baggage.set_baggage(name, value, found)
    return found
