"""What is wrong with an answer or a trace is noticed, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

from faults.catalogue import load
from stack.scenarios.verdict import Met
from tracetest import Event, Span, Trace, TraceContext

SENT = TraceContext("a" * 32, "b" * 16)
EVALUATED = Event("feature_flag.evaluation", {"feature_flag.key": "rate-limit", "feature_flag.result.variant": "on"})
METHOD = "shop.order.v1.OrderService/CreateOrder"


def span(number: int, service: str, name: str, kind: Any, status: Any = "UNSET", **options: Any) -> Span:
    attributes = {"tenant.id": "acme", **options.pop("attributes")}
    return Span(
        service=service,
        name=name,
        kind=kind,
        status=status,
        span_id=f"{number:016x}",
        parent_id=SENT.span_id if number == 1 else f"{number - 1:016x}",
        start=number,
        duration=10 - number,
        attributes=attributes,
        **options,
    )


def answered(
    status: int = 429, title: str = "Too many requests", headers: dict[str, str] | None = None
) -> httpx.Response:
    return httpx.Response(
        status,
        json={"title": title},
        headers={"content-type": "application/problem+json", "retry-after": "1", **(headers or {})},
        request=httpx.Request("POST", "http://gateway/v1/orders"),
    )


SPANS = (
    span(1, "gateway", "POST /v1/orders", "SERVER", attributes={"http.response.status_code": 429}),
    span(
        2,
        "gateway",
        METHOD,
        "CLIENT",
        "ERROR",
        attributes={"rpc.method": METHOD, "rpc.response.status_code": "RESOURCE_EXHAUSTED", "error.type": "X"},
    ),
    span(
        3,
        "order",
        METHOD,
        "SERVER",
        attributes={"rpc.method": METHOD, "rpc.response.status_code": "RESOURCE_EXHAUSTED"},
        events=(EVALUATED,),
    ),
)
TRACE = Trace(SENT.trace_id, SPANS, caller=SENT.span_id)
MET = Met(load().get("rate-limit"), SENT, "acme", answered(), TRACE)


def with_span(number: int, **changes: Any) -> Trace:
    spans = list(SPANS)
    spans[number - 1] = replace(spans[number - 1], **changes)
    return replace(TRACE, spans=tuple(spans))


def test_what_is_as_the_catalogue_says_is_right() -> None:
    MET.check()


@pytest.mark.parametrize(
    ("met", "told"),
    [
        (replace(MET, response=answered(503)), "POST /v1/orders: 503, expected 429"),
        (
            replace(MET, response=answered(title="Forbidden")),
            "the problem is 'Forbidden', expected 'Too many requests'",
        ),
        (replace(MET, response=answered(headers={"retry-after": "9"})), "retry-after is '9', expected '1'"),
        (replace(MET, response=None), "the answer is None, expected Answer"),
        (replace(MET, trace=None), "a trace arrived: False, expected True"),
        (replace(MET, sent=TraceContext("c" * 32, "b" * 16)), "the trace begins at the gateway: True, expected False"),
        (replace(MET, tenant="umbrella"), "tenant.id is 'acme', expected 'umbrella'"),
        (replace(MET, trace=with_span(1, parent_id="f" * 16)), "the parent ffffffffffffffff of"),
        (replace(MET, trace=with_span(3, status="ERROR")), "status is ERROR, expected UNSET"),
        (replace(MET, trace=with_span(3, events=())), "feature_flag.evaluation"),
        (
            replace(MET, trace=with_span(3, attributes={**SPANS[2].attributes, "rpc.response.status_code": "OK"})),
            "rpc.response.status_code is 'OK', expected 'RESOURCE_EXHAUSTED'",
        ),
    ],
)
def test_what_is_otherwise_is_told(met: Met, told: str) -> None:
    with pytest.raises(AssertionError) as wrong:
        met.check()

    assert told in str(wrong.value)


def test_a_class_that_is_not_the_catalogue_s_is_told() -> None:
    fault = load().get("rate-limit")
    wanted = load().get("user-slow").error
    met = replace(MET, fault=msgspec.structs.replace(fault, error=wanted))

    with pytest.raises(AssertionError, match="of class rate_limited, warning: expected timeout, error"):
        met.check()


def test_a_client_that_left_is_not_to_be_answered() -> None:
    met = replace(MET, fault=load().get("client-gone"))

    with pytest.raises(AssertionError, match="expected None"):
        met.check()


def test_a_trace_that_should_not_have_arrived_is_told() -> None:
    met = replace(MET, fault=load().get("jaeger-down"), response=answered(201, headers={"content-type": "text/plain"}))

    with pytest.raises(AssertionError, match="a trace arrived: True, expected False"):
        met.check()
