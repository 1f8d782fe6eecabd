from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Decision, Sampler, SamplingResult
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    TraceState,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.util.types import Attributes

from telemetry import SamplerConfig, Telemetry
from telemetry.context.tenant import use_tenant, with_tenant
from telemetry.sampling.by_name import SAMPLERS, make_sampler
from telemetry.trace.provider import ServiceTracerProvider

SAMPLED, RANDOM = TraceFlags.SAMPLED, TraceFlags.RANDOM_TRACE_ID


class Fixed(Sampler):
    """Always says the same, and keeps what it was asked."""

    def __init__(self, result: SamplingResult) -> None:
        self._result = result
        self.asked: list[tuple[Any, ...]] = []

    def should_sample(  # noqa: PLR0913, PLR0917  the SDK's signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,  # noqa: ARG002  the SDK's signature
    ) -> SamplingResult:
        self.asked.append((parent_context, trace_id, name, kind, attributes, links))
        return self._result

    def get_description(self) -> str:
        return "Fixed"


class Heard(SpanProcessor):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self.heard.append(("start", (span, parent_context, dict(span.attributes or {}))))

    def _on_ending(self, span: Span) -> None:
        self.heard.append(("ending", span))

    def on_end(self, span: ReadableSpan) -> None:
        self.heard.append(("end", span))


def parent(flags: int, *, remote: bool = True, state: TraceState | None = None) -> Context:
    return set_span_in_context(NonRecordingSpan(SpanContext(7, 8, remote, TraceFlags(flags), state)))


def test_a_span_belongs_to_the_trace_of_its_parent() -> None:
    tracer = ServiceTracerProvider(sampler=ALWAYS_ON).get_tracer("tests")
    span: Any = tracer.start_span("work", parent(SAMPLED))

    assert span.context.trace_id == 7
    assert span.parent.span_id == 8
    assert span.context.span_id not in (0, 8)
    assert not span.context.is_remote


def test_a_root_begins_a_trace_of_its_own() -> None:
    tracer = ServiceTracerProvider(sampler=ALWAYS_ON).get_tracer("tests")
    first, second = tracer.start_span("a"), tracer.start_span("b")
    contexts = first.get_span_context(), second.get_span_context()

    assert first.parent is None  # type: ignore[attr-defined]
    assert all(context.is_valid for context in contexts)
    assert len({context.trace_id for context in contexts}) == 2


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF])
@pytest.mark.parametrize("given", [None, 0, SAMPLED, RANDOM, SAMPLED | RANDOM])
def test_the_flags_tell_the_decision_and_whether_the_trace_id_is_random(sampler: Sampler, given: int | None) -> None:
    context = Context() if given is None else parent(given)
    span = ServiceTracerProvider(sampler=sampler).get_tracer("tests").start_span("work", context)

    random = RANDOM if given is None else given & RANDOM
    assert span.get_span_context().trace_flags == random | (SAMPLED if sampler is ALWAYS_ON else 0)


def test_what_is_dropped_is_no_recording_span_and_no_processor_hears_of_it() -> None:
    provider, heard = ServiceTracerProvider(sampler=ALWAYS_OFF), Heard()
    provider.add_span_processor(heard)
    span = provider.get_tracer("tests").start_span("work", parent(SAMPLED), attributes={"a": 1})

    assert isinstance(span, NonRecordingSpan)
    assert span.get_span_context().trace_id == 7
    assert span.get_span_context().span_id != 8
    assert provider.open_spans == 0
    assert not heard.heard


@pytest.mark.parametrize("kind", sorted(SAMPLERS.keys() - {"rules"}))
@pytest.mark.parametrize("given", [None, 0, SAMPLED])
def test_a_sampler_decides_the_same_in_a_provider_of_the_sdks(kind: str, given: int | None) -> None:
    sampler = make_sampler(SamplerConfig(kind=kind))
    context = Context() if given is None else parent(given, state=TraceState([("vendor", "1")]))
    providers = TracerProvider(sampler=sampler, shutdown_on_exit=False), ServiceTracerProvider(sampler=sampler)
    stock, ours = (provider.get_tracer("tests").start_span("work", context) for provider in providers)

    assert ours.is_recording() is stock.is_recording()
    assert ours.get_span_context().trace_flags == stock.get_span_context().trace_flags
    assert ours.get_span_context().trace_state == stock.get_span_context().trace_state


@pytest.mark.parametrize(
    ("kind", "given", "drops"),
    [
        ("parentbased_always_on", 0, True),
        ("parentbased_always_on", SAMPLED, False),
        ("parentbased_always_off", None, False),  # a root is asked for
        ("always_on", 0, False),
    ],
)
def test_it_tells_whether_children_are_dropped_for_sure(kind: str, given: int | None, drops: bool) -> None:  # noqa: FBT001
    tracer: Any = ServiceTracerProvider(sampler=make_sampler(SamplerConfig(kind=kind))).get_tracer("tests")
    span = get_current_span(Context() if given is None else parent(given))

    assert tracer.drops_children_of(span) is drops


def test_a_span_may_be_recorded_without_being_sampled() -> None:
    provider = ServiceTracerProvider(sampler=Fixed(SamplingResult(Decision.RECORD_ONLY)))
    span = provider.get_tracer("tests").start_span("work")

    assert span.is_recording()
    assert not span.get_span_context().trace_flags.sampled


def test_the_sampler_is_asked_with_all_that_is_known_and_may_add_to_it() -> None:
    state = TraceState([("vendor", "1")])
    sampler = Fixed(SamplingResult(Decision.RECORD_AND_SAMPLE, {"sampled.by": "rule"}, state))
    context, links = parent(SAMPLED), [Link(SpanContext(1, 2, is_remote=True))]
    span: Any = (
        ServiceTracerProvider(sampler=sampler)
        .get_tracer("tests")
        .start_span("work", context, SpanKind.SERVER, {"a": 1}, links)
    )

    assert sampler.asked == [(context, 7, "work", SpanKind.SERVER, {"a": 1}, links)]
    assert span.attributes == {"sampled.by": "rule"}
    assert span.context.trace_state == state


def test_processors_hear_of_start_and_end_in_their_order() -> None:
    provider, first, second = ServiceTracerProvider(sampler=ALWAYS_ON), Heard(), Heard()
    provider.add_span_processor(first)
    provider.add_span_processor(second)
    context = parent(SAMPLED)
    span = provider.get_tracer("tests").start_span("work", context, attributes={"a": 1})
    assert provider.open_spans == 1
    span.end()

    wanted = [("start", (span, context, {"a": 1})), ("ending", span), ("end", span)]
    assert first.heard == second.heard == wanted
    assert provider.open_spans == 0


def test_the_tenant_of_its_context_is_written_on_every_span(telemetry: Telemetry, spans: list[Any]) -> None:
    tracer = telemetry.tracer("tests")
    with use_tenant("acme"):
        tracer.start_span("of the current context").end()
        tracer.start_span("of its own", with_tenant("other")).end()
        tracer.start_span("of none", Context()).end()

    assert [span.attributes.get("tenant.id") for span in spans] == ["acme", "other", None]


def test_a_span_is_current_inside_its_block(telemetry: Telemetry) -> None:
    tracer = telemetry.tracer("tests")
    with tracer.start_as_current_span("work") as span:
        assert get_current_span() is span
        with tracer.start_as_current_span("more", end_on_exit=False) as more:
            assert more.parent == span.get_span_context()  # type: ignore[attr-defined]
        assert more.is_recording()
        more.end()

    assert not span.is_recording()
    assert not get_current_span().is_recording()


async def test_a_span_stands_around_a_function_that_it_decorates(telemetry: Telemetry, spans: list[Any]) -> None:
    tracer = telemetry.tracer("tests")

    @tracer.start_as_current_span("plain")
    def plain() -> object:
        return get_current_span()

    @tracer.start_as_current_span("async")
    async def waiting() -> object:
        return get_current_span()

    inside = [plain(), plain(), await waiting()]

    assert inside == spans
    assert [span.name for span in spans] == ["plain", "plain", "async"]
