"""What may be done to a span leaves the same in the SDK's own and in ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from telemetry import ExporterConfig, Telemetry, TelemetryConfig
from telemetry.trace.provider import ServiceTracerProvider

Operation = Callable[[Any], object]

RESOURCE = Resource({"service.name": "user"})
LIMITS = SpanLimits(
    max_attributes=4,
    max_events=3,
    max_links=3,
    max_span_attributes=4,
    max_event_attributes=2,
    max_link_attributes=2,
    max_attribute_length=8,
    max_span_attribute_length=8,
)
NO_ROOM = SpanLimits(
    max_attributes=0,
    max_events=0,
    max_links=0,
    max_span_attributes=0,
    max_event_attributes=0,
    max_link_attributes=0,
    max_attribute_length=0,
    max_span_attribute_length=0,
)


class Counting(IdGenerator):
    """Gives the same ids to everybody."""

    def __init__(self) -> None:
        self._last = 0

    def generate_span_id(self) -> int:
        self._last += 1
        return self._last

    def generate_trace_id(self) -> int:
        return 1 << 100


class Ended(SpanProcessor):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


times = st.integers(1, 1 << 60)
texts = st.text("aé\n0", max_size=12)
odd = st.sampled_from([object(), datetime(2026, 11, 24, tzinfo=UTC), {1, 2}, ValueError("no")])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=4) | odd
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)
keys: st.SearchStrategy[Any] = st.sampled_from(["a", "b", "c", "d", "e"]) | texts | st.none()
# A number as a key becomes a text in `set_attributes`; the SDK's `set_attribute` drops it, which ours does not imitate.
attributes = st.dictionaries(keys | st.integers(0, 2), values, max_size=6)
contexts = st.builds(
    SpanContext,
    st.integers(0, 3),
    st.integers(0, 3),
    is_remote=st.booleans(),
    trace_flags=st.sampled_from([TraceFlags(flags) for flags in range(4)]),
    trace_state=st.sampled_from([TraceState(), TraceState([("vendor", "1")])]),
)
texts_or_none = st.none() | texts
statuses = st.builds(Status, st.sampled_from(StatusCode), texts_or_none) | st.sampled_from(StatusCode)
operations: st.SearchStrategy[Operation] = st.one_of(
    st.builds(lambda key, value: lambda span: span.set_attribute(key, value), keys, values),
    st.builds(lambda given: lambda span: span.set_attributes(given), attributes),
    st.builds(lambda name, given, at: lambda span: span.add_event(name, given, at), texts, attributes, times),
    st.builds(lambda context, given: lambda span: span.add_link(context, given), contexts, st.none() | attributes),
    st.builds(lambda name: lambda span: span.update_name(name), texts),
    st.builds(lambda status, why: lambda span: span.set_status(status, why), statuses, texts_or_none),
    st.builds(
        lambda text, given, at: lambda span: span.record_exception(ValueError(text), given, at),
        texts,
        attributes,
        times,
    ),
    st.builds(lambda at: lambda span: span.end(at), times),
)


def record(
    provider: TracerProvider, kind: SpanKind, starting: dict[Any, Any], links: Sequence[Link], work: list[Operation]
) -> ReadableSpan:
    """Do the work on a span that has a parent, and give it as a processor was given it."""
    ended = Ended()
    provider.add_span_processor(ended)
    tracer = provider.get_tracer("tests", "1.0")
    with tracer.start_as_current_span("parent"):
        span: Any = tracer.start_span("work", None, kind, starting, links, 1)
    for operate in work:
        operate(span)
    span.end(1 << 61)
    return ended.spans[-1]


def seen(span: ReadableSpan) -> dict[str, object]:
    """Give all that can be read of a span, as texts where equal values may be unequal (NaN)."""
    return {
        "name": span.name,
        "context": span.context,
        "parent": span.parent,
        "kind": span.kind,
        "times": (span.start_time, span.end_time),
        "status": (span.status.status_code, span.status.description),
        "attributes": (repr(span.attributes), span.dropped_attributes),
        "events": [(each.name, each.timestamp, repr(each.attributes), each.dropped_attributes) for each in span.events],
        "dropped events": span.dropped_events,
        "links": [(each.context, repr(each.attributes), each.dropped_attributes) for each in span.links],
        "dropped links": span.dropped_links,
        "resource": span.resource,
        "scope": span.instrumentation_scope,
    }


def pair(limits: SpanLimits) -> tuple[TracerProvider, TracerProvider]:
    """Give a provider of the SDK's and one of ours, which make the same ids."""
    stock = TracerProvider(resource=RESOURCE, span_limits=limits, id_generator=Counting(), shutdown_on_exit=False)
    return stock, ServiceTracerProvider(resource=RESOURCE, span_limits=limits, id_generator=Counting())


@given(
    limits=st.sampled_from([LIMITS, NO_ROOM]),
    kind=st.sampled_from(SpanKind),
    starting=attributes,
    links=st.lists(st.tuples(contexts, st.none() | attributes), max_size=5),
    work=st.lists(operations, max_size=12),
)
def test_the_same_is_left_of_the_same_work(
    limits: SpanLimits,
    kind: SpanKind,
    starting: dict[Any, Any],
    links: list[tuple[SpanContext, Any]],
    work: list[Operation],
) -> None:
    stock, ours = (record(provider, kind, starting, [Link(*each) for each in links], work) for provider in pair(limits))

    assert seen(ours) == seen(stock)


@pytest.mark.parametrize("error", [None, ValueError("broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("options", [{}, {"record_exception": False}, {"set_status_on_exception": False}])
@pytest.mark.parametrize("current", [False, True])
def test_what_leaves_a_block_is_recorded_as_the_sdk_records_it(
    error: BaseException | None, options: dict[str, bool], *, current: bool
) -> None:
    left = []
    for provider in pair(LIMITS):
        ended = Ended()
        provider.add_span_processor(ended)
        tracer = provider.get_tracer("tests")
        start: Any = tracer.start_as_current_span if current else tracer.start_span
        with suppress(ValueError, KeyboardInterrupt), start("work", start_time=1, **options):
            if error is not None:
                raise type(error)(*error.args)  # another one each time: the same one is recorded once in a trace
        (span,) = ended.spans
        left.append(
            (span.status.status_code, span.status.description, [dict(each.attributes or {}) for each in span.events])
        )

    stock, ours = left
    assert ours == stock


def test_it_is_the_sdks_span_to_whoever_asks() -> None:
    span = pair(LIMITS)[1].get_tracer("tests").start_span("work", start_time=1)

    assert isinstance(span, Span)
    assert span.is_recording()
    assert span.to_json() == pair(LIMITS)[0].get_tracer("tests").start_span("work", start_time=1).to_json()  # type: ignore[attr-defined]


@contextmanager
def kept() -> Iterator[tuple[Any, InMemorySpanExporter]]:
    """Give a tracer, and what keeps its spans."""
    exporter = InMemorySpanExporter()
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with Telemetry(config, span_processors=[SimpleSpanProcessor(exporter)]) as telemetry:
        yield telemetry.tracer("tests"), exporter


def test_it_ends_once_and_does_not_change_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    with kept() as (tracer, exporter), caplog.at_level(logging.WARNING):
        span = tracer.start_span("work")
        span.set_attribute("early", 1)
        span.end()
        before = seen(span)
        span.end()
        span.set_attribute("late", 1)
        span.add_event("late")
        span.update_name("late")

        assert len(exporter.get_finished_spans()) == 1
        assert seen(span) == before
        assert not span.is_recording()
        assert len(caplog.records) == 4


def test_what_is_set_again_is_the_newest_and_the_oldest_makes_room() -> None:
    left = []
    for provider in pair(SpanLimits(max_span_attributes=2)):
        span: Any = provider.get_tracer("tests").start_span("work", attributes={"a": 1, "b": 2})
        span.set_attribute("a", 3)
        assert list(span.attributes.items()) == [("b", 2), ("a", 3)]
        span.set_attribute("c", 4)
        left.append((list(span.attributes.items()), span.dropped_attributes))

    assert left == [([("a", 3), ("c", 4)], 1)] * 2


def test_a_copy_of_it_is_a_span_that_can_be_read() -> None:
    with kept() as (tracer, _exporter):
        span = tracer.start_span("work", attributes={"a": (1, 2)})
        span.add_event("done")
        span.end()
        copied = deepcopy(span)

    assert isinstance(copied, ReadableSpan)
    assert seen(copied) == seen(span)
