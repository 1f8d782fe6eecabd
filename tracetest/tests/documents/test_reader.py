"""The words of the matchers in YAML: they mean the same, and what nobody understands is refused in one line."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tracetest import DocumentError, Event, Link, LogRecord, Measurement, Trace, read_expectations

ALL = """
- exactly:
    - span: gateway POST /v1/orders
      kind: SERVER
      status: UNSET
      attributes:
        http.response.status_code: {ge: 200, lt: 300}
        http.request.method: {one_of: [POST, PUT]}
        tenant.id: {any: true}
        error.type: {absent: true}
        url.path: {regex: "/v1/.*"}
      faster_than: 1000
      links: [{trace_id: aa}]
      events: [retry, {name: exception, attributes: {exception.type: KeyError}}]
      children:
        - parallel:
            - {span: gateway one}
            - {span: gateway two}
        - unordered:
            - {span: {service: gateway, name: {regex: "SELECT .*"}}, times: 2}
- span: gateway POST /v1/orders
  descendants: [{span: gateway two}]
  children: [{no: {span: gateway three}}]
- no: {span: user GetUser}
- {span: gateway one, times: {at_least: 1, at_most: 2}}
- no_orphans
- max_spans: 5
- faster_than: 1000
- same_tenant
- same_tenant: acme
- every: {tenant.id: acme}
- root_cause: {span: gateway two}
- before: [{span: gateway one}, {span: {service: gateway, name: SELECT b}}]
- after: [{span: {service: gateway, name: SELECT b}}, {span: gateway one}]
- log: {service: gateway, body: placed, severity: INFO, times: 1}
- metric: {name: requests, service: gateway, value: {gt: 0}, attributes: {}, times: {at_most: 3}}
"""
TENANT = {"tenant.id": "acme"}


@pytest.fixture
def trace(made: Any, trace_of: Any) -> Trace:
    """Give a trace of which all that is said above is true."""
    made_trace = trace_of(
        made(
            "gateway",
            "POST /v1/orders",
            made("gateway", "one", attributes=TENANT, duration=2),
            made("gateway", "two", attributes=TENANT | {"error.type": "KeyError"}, status="UNSET", duration=2),
            made("gateway", "SELECT a", attributes=TENANT),
            made("gateway", "SELECT b", attributes=TENANT),
            kind="SERVER",
            attributes=TENANT
            | {"http.response.status_code": 201, "http.request.method": "POST", "url.path": "/v1/orders"},
            links=(Link("aa", "bb"),),
            events=(Event("retry"), Event("exception", {"exception.type": "KeyError"})),
        )
    )
    logged = LogRecord(service="gateway", body="placed", severity="INFO", span_id="")
    measured = Measurement(service="gateway", name="requests", unit="1", value=1.0, span_id="")
    return Trace(made_trace.trace_id, made_trace.spans, logs=(logged,), metrics=(measured,))


def test_every_word_is_understood(trace: Trace) -> None:
    expectations = read_expectations(yaml.safe_load(ALL))

    assert len(expectations) == 15
    trace.expect(*expectations)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{span: gateway one, kind: CLIENT}", "kind is INTERNAL, expected CLIENT"),
        ("{span: gateway one, status: ERROR}", "status is UNSET, expected ERROR"),
        ("{span: gateway one, attributes: {tenant.id: evil}}", "attribute tenant.id is 'acme', expected 'evil'"),
        ("{span: gateway one, attributes: {tenant.id: {regex: e.*}}}", "attribute tenant.id is 'acme', expected /e.*/"),
        ("{span: gateway one, attributes: {tenant.id: {absent: true}}}", "expected not to be there"),
        ("{span: gateway one, events: [retry]}", "event retry is not there"),
        ("{span: gateway one, links: [{span_id: cc}]}", "links are none"),
        ("{span: gateway one, faster_than: 0.001}", "took 0.002 ms"),
        ("{span: gateway one, times: 2}", "gateway  one is expected, but not there"),
        ("{span: gateway one, children: [{span: gateway two}]}", "gateway  two is expected, but not there"),
        ("{no: {span: gateway one}}", "gateway one is there once in the trace, expected none"),
        ("{exactly: [{span: gateway one}]}", "is there, but not expected"),
        ("{max_spans: 2}", "there are 5 spans, expected at most 2"),
        ("{same_tenant: evil}", "expected 'evil'"),
        ("{root_cause: {span: gateway one}}", "the root cause is gateway  two"),
        ("{log: {body: cancelled}}", "body is 'placed', expected 'cancelled'"),
        ("{metric: {name: other}}", "name is 'requests', expected 'other'"),
    ],
)
def test_and_means_what_the_matcher_means(trace: Trace, document: str, message: str) -> None:
    with pytest.raises(AssertionError) as caught:
        trace.expect(*read_expectations([yaml.safe_load(document)]))

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("max_spans: 3", "expect={'max_spans': 3}: expected a list"),
        ("[7]", "expect[0]=7: expected a mapping"),
        ("[{spam: a b}]", "expect[0]: spam: expected one of span, no, parallel, unordered, exactly, no_orphans"),
        ("[{span: gateway}]", "expect[0].span='gateway': expected a service, a space and a name"),
        ("[{span: {service: gateway}}]", "expect[0].span: service: expected service and name"),
        ("[{span: a b, kinds: SERVER}]", "expect[0]: kinds: expected span, kind, status"),
        ("[{span: a b, kind: server}]", "expect[0].kind='server': expected one of INTERNAL, SERVER, CLIENT"),
        ("[{span: a b, status: FINE}]", "expect[0].status='FINE': expected one of UNSET, OK, ERROR"),
        ("[{span: a b, times: often}]", "expect[0].times='often': expected a number, or at_least and at_most"),
        ("[{span: a b, times: {at_least: 3, at_most: 1}}]", "expect[0].times: times(at_least=3, at_most=1)"),
        ("[{span: a b, attributes: {k: {like: x}}}]", "expect[0].attributes.k: like: expected regex, one_of"),
        ("[{span: a b, attributes: {k: {regex: '('}}}]", "expect[0].attributes.k.regex='('"),
        ("[{span: a b, children: [{span: c}]}]", "expect[0].children[0].span='c'"),
        ("[{max_spans: many}]", "expect[0].max_spans='many': expected a number"),
        ("[{no_orphans: 3}]", "expect[0].no_orphans=3: expected nothing behind it"),
        ("[{same_tenant: 3}]", "expect[0].same_tenant=3: expected a text"),
        ("[{before: [{span: a b}]}]", "expect[0].before: 1 spans: expected two"),
        ("[{log: {text: hello}}]", "expect[0].log: text: expected service, body"),
        ("[{metric: {label: x}}]", "expect[0].metric: label: expected name, service"),
        ("[{no: {span: a b}, unless: x}]", "expect[0]: unless: expected no"),
        ("[{span: {service: a, names: b}}]", "expect[0].span: names: expected service, name"),
        ("[{span: a b, times: {exactly: 3}}]", "expect[0].times: exactly: expected count, at_least, at_most"),
        ("[{span: a b, events: [{nam: x}]}]", "expect[0].events: nam: expected name, attributes"),
        ("[{span: a b, links: [{span: x}]}]", "expect[0].links: span: expected trace_id, span_id"),
        ("[{no_orphans: , max_spans: 3}]", "expect[0]: max_spans: expected no_orphans"),
    ],
)
def test_what_nobody_understands_is_refused_with_its_place(document: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_expectations(yaml.safe_load(document))

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
