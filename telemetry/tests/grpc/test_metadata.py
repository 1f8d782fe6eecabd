from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage
from opentelemetry.trace import get_current_span

from telemetry.edge import TRUSTED, UNTRUSTED, Trust
from telemetry.grpc import metadata
from telemetry.grpc.metadata import Entry, read_call
from telemetry.inbound import CallerContext
from telemetry.propagation import make_propagator
from telemetry.tenant import current_tenant
from telemetry.trace_context import UnsampledSpan

UNSAMPLED, SAMPLED = (f"00-{'1' * 32}-{'2' * 16}-0{flags}" for flags in (0, 1))
CALLER = CallerContext(make_propagator(("tracecontext", "baggage")))

entries = st.lists(
    st.tuples(st.just("traceparent"), st.sampled_from([UNSAMPLED, SAMPLED, UNSAMPLED.replace("1", "3"), "junk", ""]))
    | st.tuples(st.just("tracestate"), st.sampled_from(["a=1", "", "junk"]))
    | st.tuples(st.just("x-tenant-id"), st.sampled_from(["acme", "globex", "", "No Tenant"]))
    | st.tuples(st.just("baggage"), st.sampled_from(["tenant.id=evil", "colour=red"]))
    | st.tuples(st.sampled_from(["key-bin", "x-tenant-id", "traceparent"]), st.just(b"\0")),
    max_size=5,
)


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

    assert isinstance(get_current_span(context), UnsampledSpan)
    assert (current_tenant(context), tuple(links), forged) == ("acme", (), False)
    assert read_call(CALLER, None, TRUSTED) == ({}, [], False)
