"""OTLP's JSON, as Jaeger, the console and exporters write it, read and written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetest import Event, Link, LogRecord, Measurement, Span, Trace
from tracetest.backends.otlp_json import otlp_of, read_logs, read_measurements, read_spans

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def attribute(key: str, **value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


def document(**fields: Any) -> dict[str, Any]:
    span = {
        "traceId": TRACE_ID,
        "spanId": "00000000000000AA",
        "name": "GET /cart",
        "startTimeUnixNano": "1000000",
        "endTimeUnixNano": "3000999",
        **fields,
    }
    resource = {"attributes": [attribute("service.name", stringValue="shop"), attribute("host.name", stringValue="vm")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}


def read(**fields: Any) -> Span:
    (span,) = read_spans(document(**fields))
    return span


def test_a_span_is_read_with_its_resource_and_its_times_in_microseconds() -> None:
    span = read(kind=2, parentSpanId="00000000000000BB")

    assert (span.service, span.name, span.kind, span.resource) == ("shop", "GET /cart", "SERVER", {"host.name": "vm"})
    assert (span.span_id, span.parent_id) == ("00000000000000aa", "00000000000000bb")
    assert (span.start, span.duration, span.end) == (1000, 2000, 3000)


def test_events_are_in_the_order_of_their_time() -> None:
    events = [{"name": "done", "timeUnixNano": "10"}, {"name": "retry", "timeUnixNano": "9"}]

    assert [event.name for event in read(events=events).events] == ["retry", "done"]


def test_a_span_that_says_little_is_internal_and_a_root() -> None:
    span = read()

    assert (span.kind, span.status, span.parent_id, span.events, span.links) == ("INTERNAL", "UNSET", None, (), ())


@pytest.mark.parametrize(
    ("kind", "read_as"),
    [(0, "INTERNAL"), (1, "INTERNAL"), (3, "CLIENT"), (5, "CONSUMER"), ("SPAN_KIND_PRODUCER", "PRODUCER")],
)
def test_kinds_are_numbers_or_names(kind: object, read_as: str) -> None:
    assert read(kind=kind).kind == read_as


@pytest.mark.parametrize(("code", "read_as"), [(0, "UNSET"), (1, "OK"), (2, "ERROR"), ("STATUS_CODE_ERROR", "ERROR")])
def test_statuses_too(code: object, read_as: str) -> None:
    span = read(status={"code": code, "message": "no"})

    assert (span.status, span.status_message) == (read_as, "no")


def test_values_have_their_types() -> None:
    span = read(
        attributes=[
            attribute("text", stringValue="a"),
            attribute("yes", boolValue=True),
            attribute("many", intValue="9007199254740993"),
            attribute("half", doubleValue=0.5),
            attribute("list", arrayValue={"values": [{"stringValue": "a"}, {"intValue": 1}]}),
            attribute("empty", arrayValue={}),
            attribute("map", kvlistValue={"values": [attribute("a", intValue=1)]}),
            attribute("bytes", bytesValue="AQI="),
            attribute("nothing"),
        ]
    )

    assert span.attributes == {
        "text": "a",
        "yes": True,
        "many": 9007199254740993,
        "half": 0.5,
        "list": ("a", 1),
        "empty": (),
        "map": '{"a": 1}',
        "bytes": "0102",
        "nothing": "",
    }


def test_what_jaeger_remarks_is_no_attribute() -> None:
    remark = attribute("@jaeger@warnings", arrayValue={"values": [{"stringValue": "seen once more"}]})

    assert read(attributes=[remark, attribute("a", stringValue="b")]).attributes == {"a": "b"}


def test_spans_come_in_the_order_of_their_start_those_that_cause_others_first() -> None:
    late, long, short = (
        document(spanId=span_id, startTimeUnixNano=start, endTimeUnixNano=end)["resourceSpans"][0]
        for span_id, start, end in (("03", 9000, 9000), ("01", 1000, 9000), ("02", 1000, 2000))
    )

    assert [span.span_id for span in read_spans({"resourceSpans": [late, short, long]})] == ["01", "02", "03"]


def test_log_records_of_the_trace_are_read_and_no_others() -> None:
    records = [
        {
            "traceId": trace_id,
            "spanId": "aa",
            "severityText": "INFO",
            "body": {"stringValue": "placed"},
            "attributes": [attribute("order.items", intValue="2")],
        }
        for trace_id in (TRACE_ID.upper(), "f" * 32, "")
    ]
    resource = {"attributes": [attribute("service.name", stringValue="order")]}

    assert read_logs({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}, TRACE_ID) == (
        LogRecord(service="order", body="placed", severity="INFO", span_id="aa", attributes={"order.items": 2}),
    )


@pytest.mark.parametrize("kind", ["gauge", "sum", "histogram", "exponentialHistogram"])
def test_measurements_are_the_exemplars_of_the_trace(kind: str) -> None:
    exemplars = [
        {"traceId": TRACE_ID, "spanId": "AA", "asDouble": 0.5},
        {"traceId": TRACE_ID, "spanId": "bb", "asInt": "3"},
        {"traceId": "f" * 32, "spanId": "cc", "asDouble": 1.0},
        {"asDouble": 2.0},
    ]
    point = {"attributes": [attribute("http.route", stringValue="/cart")], "exemplars": exemplars}
    metric = {"name": "requests", "unit": "s", kind: {"dataPoints": [point, {"attributes": []}]}}
    resource = {"attributes": [attribute("service.name", stringValue="shop")]}
    document = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}

    def measured(value: float, span_id: str) -> Measurement:
        labels = {"http.route": "/cart"}
        return Measurement(service="shop", name="requests", unit="s", value=value, span_id=span_id, attributes=labels)

    assert list(read_measurements(document, TRACE_ID)) == [
        (TRACE_ID, measured(0.5, "aa")),
        (TRACE_ID, measured(3.0, "bb")),
    ]
    assert len(list(read_measurements(document))) == 3


texts = st.text(max_size=8)
values = st.one_of(
    texts,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.lists(texts, max_size=3).map(tuple),
)
attributes = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda key: key != "service.name"), values, max_size=4
)
spans = st.builds(
    Span,
    service=st.sampled_from(["order", "user"]),
    name=texts,
    kind=st.sampled_from(["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]),
    status=st.sampled_from(["UNSET", "OK", "ERROR"]),
    span_id=st.uuids().map(lambda each: each.hex[:16]),
    parent_id=st.none() | st.uuids().map(lambda each: each.hex[:16]),
    start=st.integers(0, 2**50),
    duration=st.integers(0, 2**40),
    attributes=attributes,
    status_message=texts,
    events=st.lists(st.builds(Event, texts, attributes), max_size=2).map(tuple),
    links=st.lists(st.builds(Link, st.just("aa" * 16), st.just("bb" * 8)), max_size=2).map(tuple),
    resource=attributes,
)


@given(st.lists(spans, max_size=5))
def test_what_is_written_is_read_again(made: list[Span]) -> None:
    ordered = tuple(sorted(made, key=lambda span: (span.start, -span.duration)))

    assert sorted(read_spans(otlp_of(Trace(TRACE_ID, ordered))), key=str) == sorted(ordered, key=str)
