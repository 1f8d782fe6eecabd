"""What is done with every span where it starts and ends, in any library: the tenant is written, open spans counted."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telemetry import semconv
from telemetry.tenant import current_tenant


class TenantProcessor(SpanProcessor):
    """Writes the tenant on every span, the services' own spans too."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Write the tenant of the span's context."""
        if tenant := current_tenant(parent_context):
            span.set_attribute(semconv.TENANT_ID, tenant)

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing: the tenant is written at the start."""


class OpenSpans(SpanProcessor):
    """Keeps the ids of the spans that have not ended; a set's own operations need no lock."""

    def __init__(self) -> None:
        self.ids: set[int] = set()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002  the SDK's signature
        """Keep the span's id."""
        self.ids.add(span.get_span_context().span_id)

    def on_end(self, span: ReadableSpan) -> None:
        """Forget the span's id."""
        if span.context is not None:
            self.ids.discard(span.context.span_id)
