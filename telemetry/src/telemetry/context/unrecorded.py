"""The context of work whose trace is not recorded, which is most of what a busy service does."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, set_span_in_context

from telemetry.context.tenant import context_of_tenant
from telemetry.context.w3c import UnsampledSpan

_NOTHING = Context()
(_SPAN,) = set_span_in_context(INVALID_SPAN, _NOTHING)


class UnrecordedContext(Context):
    """A span that is not sampled, the tenant with the baggage that tells him, and nothing else.

    Whoever finds one knows all that there is to hand on. To set something in it gives a context as any other.
    `unrecorded` makes it.

    Attributes:
        span: The span.
        tenant: Who the work is for; None when nobody is known.
    """

    __slots__ = ("span", "tenant")
    span: UnsampledSpan
    tenant: str | None


def unrecorded(span: UnsampledSpan, tenant: str | None = None) -> UnrecordedContext:
    """Make the context; raises InvalidTenant for what can be no tenant's id."""
    context = UnrecordedContext(_NOTHING if tenant is None else context_of_tenant(tenant))
    dict.__setitem__(context, _SPAN, span)  # a context is not to be changed any more, but this one is being made
    context.span = span
    context.tenant = tenant
    return context
