from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from telemetry.context.propagation import make_propagator
from telemetry.context.w3c import TraceContextPropagator, UnsampledSpan, read_parent, write_parent

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
PARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


@pytest.mark.parametrize(
    ("parent", "flags"),
    [
        (PARENT, 1),
        (f"00-{TRACE_ID}-{SPAN_ID}-00", 0),
        (f"00-{TRACE_ID}-{SPAN_ID}-03", 3),
        (f"00-{TRACE_ID}-{SPAN_ID}-ff", 3),
        (f" \t{PARENT} ", 1),
        (f"01-{TRACE_ID}-{SPAN_ID}-01", 1),
        (f"cc-{TRACE_ID}-{SPAN_ID}-01-what-comes-later", 1),
    ],
)
def test_a_caller_is_read(parent: str, flags: int) -> None:
    span = read_parent(parent)

    assert span is not None
    assert (f"{span.trace_id:032x}", f"{span.span_id:016x}", span.trace_flags) == (TRACE_ID, SPAN_ID, flags)
    assert span.is_remote


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "00",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"00-{TRACE_ID}-{SPAN_ID}-01more",
        f"01-{TRACE_ID}-{SPAN_ID}-01more",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{TRACE_ID[:-1]}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-1",
        f"0-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-0x",
        f"{PARENT}\n",
    ],
)
def test_what_is_no_caller_is_none(parent: str) -> None:
    assert read_parent(parent) is None


@pytest.mark.parametrize(
    ("headers", "state"),
    [
        (["a=1"], {"a": "1"}),
        (["a=1,b=2", " c=3\t"], {"a": "1", "b": "2", "c": "3"}),
        (["a=1,,b=2,"], {"a": "1", "b": "2"}),
        (["0tenant@system=x y"], {"0tenant@system": "x y"}),
        (["a=1,a=2"], {}),
        (["A=1"], {}),
        (["1a=1", "b=2"], {}),
        (["a=1,b"], {}),
        (["a=1=2"], {}),
        (["a=" + "x" * 300], {}),
        (["a=1"] + [f"k{number}={'x' * 20}" for number in range(30)], {}),
        ([",".join(f"k{number}=1" for number in range(33))], {}),
        (None, {}),
        ([], {}),
    ],
)
def test_the_state_of_a_caller_is_read_or_left_out_as_a_whole(headers: list[str] | None, state: dict[str, str]) -> None:
    span = read_parent(PARENT, headers)

    assert span is not None
    assert dict(span.trace_state) == state


def test_a_strangers_nonsense_is_not_worth_a_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read_parent(PARENT, ["A=1"])
        read_parent(PARENT, ["a=" + "x" * 10_000])
        read_parent("x" * 10_000)

    assert not caplog.records


HEX = st.text("0123456789abcdefAF", max_size=34)
WRONG = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=70)
FIELDS = st.builds(
    "{}-{}-{}-{}{}".format,
    st.sampled_from(["00", "01", "ff", "0", "fe"]) | HEX,
    st.text("0123456789abcdef", min_size=32, max_size=32) | HEX,
    st.text("0123456789abcdef", min_size=16, max_size=16) | HEX,
    st.sampled_from(["00", "02"]) | st.text("0123456789abcdef", min_size=2, max_size=2) | HEX,
    st.sampled_from(["", " ", "-", "-x", "x"]),
)
MEMBER = st.builds(
    "{}={}".format, st.sampled_from(["a", "b", "1t@s", "1t", "A", ""]) | WRONG, st.sampled_from(["1", ""]) | WRONG
)
STATES = st.none() | st.lists(st.lists(MEMBER | WRONG, max_size=4).map(",".join), max_size=3)


@given(parent=FIELDS | WRONG, states=STATES)
def test_it_reads_what_the_sdk_reads(parent: str, states: list[str] | None) -> None:
    carrier = {"traceparent": [parent]} | ({} if states is None else {"tracestate": states})
    theirs = get_current_span(TraceContextTextMapPropagator().extract(carrier, Context())).get_span_context()
    ours = get_current_span(TraceContextPropagator().extract(carrier, Context())).get_span_context()

    assert (ours.is_valid, ours.trace_id, ours.span_id) == (theirs.is_valid, theirs.trace_id, theirs.span_id)
    assert ours.trace_flags == theirs.trace_flags & 3
    assert dict(ours.trace_state) == dict(theirs.trace_state)


@given(
    trace_id=st.integers(1, 2**128 - 1),
    span_id=st.integers(1, 2**64 - 1),
    flags=st.integers(0, 3),
    state=st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.just("1"), max_size=4),
)
def test_what_is_written_is_what_the_sdk_writes_and_reads_back(
    trace_id: int, span_id: int, flags: int, state: dict[str, str]
) -> None:
    span = SpanContext(
        trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags), trace_state=TraceState(list(state.items()))
    )
    context = context_with(span)
    ours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    TraceContextPropagator().inject(ours, context)
    TraceContextTextMapPropagator().inject(theirs, context)

    assert ours == theirs
    assert write_parent(span) == ours["traceparent"]
    assert read_parent(ours["traceparent"], [ours["tracestate"]] if state else None) == span


@pytest.mark.parametrize("flags", ["00", "02"])
def test_a_caller_who_is_not_sampled_is_handed_on_as_he_came_and_read_if_somebody_looks(flags: str) -> None:
    given = {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-{flags}"}
    context = TraceContextPropagator().extract(given, Context())
    told: dict[str, str] = {}
    TraceContextPropagator().inject(told, context)
    span = get_current_span(context)

    assert told == given
    assert isinstance(span, UnsampledSpan)
    assert span.get_span_context() == read_parent(given["traceparent"])
    assert not span.is_recording()
    assert TRACE_ID in repr(span)


@pytest.mark.parametrize("is_random", [True, False])
def test_one_that_begins_here_and_is_not_sampled_is_written_at_once_and_read_if_somebody_looks(
    is_random: bool,  # noqa: FBT001
) -> None:
    span = UnsampledSpan.local(int(TRACE_ID, 16), int(SPAN_ID, 16), is_random=is_random)

    flags = TraceFlags(TraceFlags.RANDOM_TRACE_ID if is_random else 0)
    assert span.traceparent == f"00-{TRACE_ID}-{SPAN_ID}-0{int(flags)}"
    assert span.get_span_context() == SpanContext(int(TRACE_ID, 16), int(SPAN_ID, 16), False, flags)  # noqa: FBT003
    assert span.get_span_context() is span.get_span_context()
    assert not span.is_recording()


@pytest.mark.parametrize(
    "given",
    [
        {"traceparent": PARENT},
        {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-04"},
        {"traceparent": f"cc-{TRACE_ID}-{SPAN_ID}-00-what-comes-later"},
        {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-00", "tracestate": "a=1"},
    ],
)
def test_any_other_caller_is_read_at_once(given: dict[str, str]) -> None:
    span = get_current_span(TraceContextPropagator().extract(given, Context()))

    assert not isinstance(span, UnsampledSpan)
    assert span.get_span_context() == read_parent(given["traceparent"], [given.get("tracestate", "")])


def test_without_a_span_nothing_is_written() -> None:
    carrier: dict[str, str] = {}
    TraceContextPropagator().inject(carrier, Context())

    assert not carrier
    assert TraceContextPropagator().extract(carrier, None) == Context()
    assert TraceContextPropagator().fields == TraceContextTextMapPropagator().fields


def test_the_name_tracecontext_means_this_propagator() -> None:
    assert isinstance(make_propagator(("tracecontext",)), TraceContextPropagator)


def context_with(span: SpanContext) -> Context:
    return set_span_in_context(NonRecordingSpan(span), Context())
