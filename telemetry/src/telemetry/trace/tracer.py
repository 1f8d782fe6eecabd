"""Starts spans: a recording span where the sampler says so, otherwise as little as possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    TraceFlags,
    Tracer,
    TraceState,
    get_current_span,
    use_span,
)
from opentelemetry.util._decorator import _agnosticcontextmanager
from opentelemetry.util.types import Attributes

from telemetry import semconv
from telemetry.context.tenant import current_tenant
from telemetry.context.w3c import UnsampledSpan
from telemetry.otlp.source import Source
from telemetry.sampling.samplers import RootSampler
from telemetry.trace.span import Recording, RecordingSpan

_FLAGS = tuple(TraceFlags(flags) for flags in range(4))  # bit 0: sampled; bit 1: the trace id is random
_SAMPLED, _RANDOM = TraceFlags.SAMPLED, TraceFlags.RANDOM_TRACE_ID


class ServiceTracer(Tracer):
    """The tracer of one library.

    Args:
        source: The resource and scope of its spans.
        sampler: Decides whether a span is recorded.
        ids: Generates ids.
        recording: What recording spans share.

    Attributes:
        source: The resource and scope of its spans.
        keeps_decisions: Whether a trace that its root does not record stays unrecorded.
    """

    def __init__(self, source: Source, sampler: Sampler, ids: IdGenerator, recording: Recording) -> None:
        self.source = source
        self._sampler = sampler
        self._root_sampler = sampler if isinstance(sampler, RootSampler) else None
        self.keeps_decisions = self._root_sampler is not None
        self._ids = ids
        self._recording = recording
        self._random = _FLAGS[_RANDOM if ids.is_trace_id_random() else 0]

    def start_span(  # noqa: PLR0913, PLR0917  the API's signature
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: FBT001, FBT002  the API's signature
        set_status_on_exception: bool = True,  # noqa: FBT001, FBT002  the API's signature
    ) -> Span:
        """Start a span; it gets the tenant of its context as an attribute."""
        around = get_current_span(context).get_span_context()
        parent: SpanContext | None = None
        state: TraceState | None = None
        if around.is_valid:
            parent = around
            trace_id, _, _, flags, state, _ = around
        else:
            trace_id, flags = self._ids.generate_trace_id(), self._random
        if self._root_sampler is None:
            said = self._sampler.should_sample(context, trace_id, name, kind, attributes, links)
            sampled, recorded = said.decision is Decision.RECORD_AND_SAMPLE, said.decision is not Decision.DROP
            attributes, state = said.attributes, said.trace_state
        elif parent is None:
            sampled = recorded = self._root_sampler.decide(context, trace_id, name, attributes)
        else:
            sampled = recorded = bool(flags & _SAMPLED)
        span_id = self._ids.generate_span_id()
        if not recorded and not state:
            return UnsampledSpan.local(trace_id, span_id, is_random=bool(flags & _RANDOM))
        flags = _FLAGS[sampled | flags & _RANDOM]
        own = SpanContext(trace_id, span_id, False, flags, state)  # noqa: FBT003
        if not recorded:
            return NonRecordingSpan(own)
        span = RecordingSpan(
            name,
            own,
            parent,
            self.source,
            self._recording,
            kind,
            attributes,
            links or (),
            start_time,
            record_exception=record_exception,
            set_status_on_exception=set_status_on_exception,
        )
        self._open(span, context)
        return span

    def _open(self, span: RecordingSpan, context: Context | None) -> None:
        if tenant := current_tenant(context):
            span.set_attribute(semconv.TENANT_ID, tenant)
        self._recording.open.add(span.get_span_context().span_id)
        self._recording.processor.on_start(span, context)

    def drops_children_of(self, parent: Span) -> bool:
        """Return whether no child of this span will be recorded, so that starting one is unnecessary."""
        if self._root_sampler is None:
            return False
        if isinstance(parent, UnsampledSpan):
            return True
        context = parent.get_span_context()
        return context.is_valid and not context.trace_flags.sampled

    @_agnosticcontextmanager
    def start_as_current_span(  # noqa: PLR0913, PLR0917  the API's signature
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,  # noqa: FBT001, FBT002  the API's signature
        set_status_on_exception: bool = True,  # noqa: FBT001, FBT002  the API's signature
        end_on_exit: bool = True,  # noqa: FBT001, FBT002  the API's signature
    ) -> Iterator[Span]:
        """Start a span that is current inside the block, or while the decorated function runs."""
        span = self.start_span(
            name, context, kind, attributes, links, start_time, record_exception, set_status_on_exception
        )
        with use_span(span, end_on_exit, record_exception=False, set_status_on_exception=False):
            try:
                yield span
            except Exception as error:
                if isinstance(span, RecordingSpan):
                    span.fail(error)
                raise
