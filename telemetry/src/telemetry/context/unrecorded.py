"""The context of work whose trace is not recorded: most of what a busy service does."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, set_span_in_context

from telemetry.context.tenant import context_of_tenant
from telemetry.context.w3c import UnsampledSpan

_NOTHING = Context()
(_SPAN,) = set_span_in_context(INVALID_SPAN, _NOTHING)


class UnrecordedContext(Context):
    """An unsampled span, the tenant with its baggage, and nothing else.

    Code that finds one knows everything to pass on, without look-ups. Setting a value in it returns a usual context.
    `unrecorded` makes it.

    Attributes:
        span: The span.
        tenant: The tenant; None when there is none.
    """

    __slots__ = ("span", "tenant")
    span: UnsampledSpan
    tenant: str | None


def unrecorded(span: UnsampledSpan, tenant: str | None = None) -> UnrecordedContext:
    """Create the context; raises InvalidTenant for an invalid tenant id."""
    context = UnrecordedContext(_NOTHING if tenant is None else context_of_tenant(tenant))
    dict.__setitem__(context, _SPAN, span)  # contexts are immutable, but this one is still under construction
    context.span = span
    context.tenant = tenant
    return context
