from __future__ import annotations

from typing import Any

import pytest
from grpc import aio
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    get_current_span,
    set_span_in_context,
)

from telemetry.context.inbound import CallerContext
from telemetry.context.propagation import make_propagator
from telemetry.context.tenant import current_tenant, with_tenant
from telemetry.context.unrecorded import UnrecordedContext, unrecorded
from telemetry.context.w3c import UnsampledSpan
from telemetry.edge.policy import TRUSTED, UNTRUSTED, Trust
from telemetry.grpc import metadata
from telemetry.grpc.metadata import CallContextWriter, Entry, ReadyMetadata, _of_tenant, read_call

UNSAMPLED, SAMPLED = (f"00-{'1' * 32}-{'2' * 16}-0{flags}" for flags in (0, 1))
PROPAGATOR = make_propagator(("tracecontext", "baggage"))
CALLER = CallerContext(PROPAGATOR)

entries = st.lists(
    st.tuples(st.just("traceparent"), st.sampled_from([UNSAMPLED, SAMPLED, UNSAMPLED.replace("1", "3"), "junk", ""]))
    | st.tuples(st.just("tracestate"), st.sampled_from(["a=1", "", "junk"]))
    | st.tuples(st.just("x-tenant-id"), st.sampled_from(["acme", "globex", "", "No Tenant"]))
    | st.tuples(st.just("baggage"), st.sampled_from(["tenant.id=evil", "colour=red"]))
    | st.tuples(st.sampled_from(["key-bin", "x-tenant-id", "traceparent"]), st.just(b"\0")),
    max_size=5,
)


def context_of(span: SpanContext, tenant: str | None, entries: dict[str, object]) -> Context:
    context = set_span_in_context(NonRecordingSpan(span), Context())
    context = context if tenant is None else with_tenant(tenant, context)
    for name, value in entries.items():
        context = baggage.set_baggage(name, value, context)
    return context


@given(
    span=st.builds(
        SpanContext,
        st.integers(0, 3),
        st.integers(0, 3),
        is_remote=st.booleans(),
        trace_flags=st.sampled_from([TraceFlags(flags) for flags in range(4)]),
        trace_state=st.sampled_from([TraceState(), TraceState([("vendor", "1")])]),
    ),
    tenant=st.none() | st.sampled_from(["acme", "globex"]),
    given_=st.dictionaries(st.sampled_from(["tenant.id", "colour"]), st.sampled_from(["acme", "red", 1]), max_size=2),
)
def test_a_server_is_told_what_the_propagators_write_and_the_tenant(
    span: SpanContext, tenant: str | None, given_: dict[str, object]
) -> None:
    context = context_of(span, tenant, given_)
    told: dict[str, str] = {}
    PROPAGATOR.inject(told, context)

    assert CallContextWriter(PROPAGATOR).entries(context) == (
        *told.items(),
        *([("x-tenant-id", tenant)] if tenant else []),
    )


@pytest.mark.parametrize("tenant", ["acme", None])
@pytest.mark.parametrize("names", [("tracecontext",), ("baggage", "tracecontext")])
def test_of_a_trace_that_nobody_records_a_server_is_told_the_same(names: tuple[str, ...], tenant: str | None) -> None:
    writer, span = CallContextWriter(make_propagator(names)), UnsampledSpan(UNSAMPLED)
    short, usual = unrecorded(span, tenant), set_span_in_context(span, _of_tenant(tenant)[0])

    assert writer.entries(short) == writer.entries(usual)
    assert dict(writer.entries(short))["traceparent"] == UNSAMPLED
    assert dict(writer.entries(short)).get("x-tenant-id") == tenant


@pytest.mark.parametrize("tenant", ["acme", None])
def test_of_a_trace_that_nobody_records_the_tenant_is_not_told_for_spans(tenant: str | None) -> None:
    writer, span = CallContextWriter(PROPAGATOR), UnsampledSpan(UNSAMPLED)
    short, usual = unrecorded(span, tenant), set_span_in_context(span, _of_tenant(tenant)[0])

    assert writer.entries(short) == tuple(entry for entry in writer.entries(usual) if entry[0] != "baggage")
    assert dict(writer.entries(short)) == {"traceparent": UNSAMPLED} | ({"x-tenant-id": tenant} if tenant else {})
    assert baggage.get_baggage("tenant.id", short) == tenant  # here it still is


def test_gRPC_takes_entries_that_are_ready_as_they_are() -> None:  # noqa: N802
    told = (("traceparent", UNSAMPLED), ("x-tenant-id", "acme"), ("x-tenant-id", "globex"))
    ready = ReadyMetadata(told)

    assert isinstance(ready, aio.Metadata)
    assert (tuple(ready), len(ready)) == (told, 3)
    assert not ReadyMetadata(())


def seen(said: list[Entry], trust: Trust) -> tuple[Any, ...]:
    context, links, forged = read_call(CALLER, said, trust)
    span = get_current_span(context).get_span_context()
    return span, current_tenant(context), dict(baggage.get_all(context)), [link.context for link in links], forged


@given(said=entries, trust=st.sampled_from([TRUSTED, UNTRUSTED, Trust(baggage=("colour",))]))
def test_what_is_read_with_less_work_is_what_is_read_with_all_of_it(said: list[Entry], trust: Trust) -> None:
    short = seen(said, trust)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metadata, "_read_unsampled", lambda _metadata: None)
        assert seen(said, trust) == short


def test_a_trace_that_nobody_records_is_read_with_less_work() -> None:
    context, links, forged = read_call(CALLER, [("traceparent", UNSAMPLED), ("x-tenant-id", "acme")], TRUSTED)

    assert isinstance(context, UnrecordedContext)
    assert isinstance(get_current_span(context), UnsampledSpan)
    assert (current_tenant(context), tuple(links), forged) == ("acme", (), False)
    assert read_call(CALLER, None, TRUSTED) == ({}, [], False)
