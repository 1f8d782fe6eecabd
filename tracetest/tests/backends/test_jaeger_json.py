from __future__ import annotations

from typing import Any

import pytest

from tracetest import Event, Link
from tracetest.backends.jaeger_json import read_trace

TRACE_ID, OTHER_ID = "0af7651916cd43dd8448eb211c80319c", "f" * 32


def read(*spans: dict[str, Any]) -> Any:
    resource = [{"key": "service.version", "type": "string", "value": "1.0"}]
    processes = {"p1": {"serviceName": "order", "tags": resource}}
    return read_trace({"traceID": TRACE_ID, "spans": spans, "processes": processes})


def test_a_span_is_read_with_all_that_it_has(document: Any) -> None:
    span = document("aa", "bb")
    span["tags"] = [
        {"key": "span.kind", "value": "server"},
        {"key": "otel.status_code", "value": "ERROR"},
        {"key": "otel.status_description", "value": "no such user"},
        {"key": "error", "value": True},
        {"key": "otel.scope.name", "value": "telemetry"},
        {"key": "rpc.system.name", "value": "grpc"},
        {"key": "server.port", "value": 50051},
    ]
    fields = [{"key": "event", "value": "exception"}, {"key": "exception.type", "value": "KeyError"}]
    span["logs"] = [{"timestamp": 2, "fields": fields}]

    (found,) = read(span)

    assert (found.service, found.name, found.kind, found.span_id, found.parent_id) == (
        "order",
        "span aa",
        "SERVER",
        "aa",
        "bb",
    )
    assert (found.status, found.status_message) == ("ERROR", "no such user")
    assert found.attributes == {"rpc.system.name": "grpc", "server.port": 50051}
    assert found.resource == {"service.version": "1.0"}
    assert found.events == (Event("exception", {"exception.type": "KeyError"}),)


def test_events_are_in_the_order_of_their_time(document: Any) -> None:
    span = document("aa")
    span["logs"] = [
        {"timestamp": time, "fields": [{"key": "event", "value": name}]} for time, name in ((10, "done"), (9, "retry"))
    ]

    (found,) = read(span)

    assert [event.name for event in found.events] == ["retry", "done"]


def test_a_span_says_little_that_is_internal_and_ended_well(document: Any) -> None:
    (found,) = read(document("aa"))

    assert (found.kind, found.status, found.status_message, found.parent_id) == ("INTERNAL", "UNSET", "", None)
    assert (found.attributes, found.events, found.links) == ({}, (), ())


def test_references_beyond_the_parent_are_links(document: Any) -> None:
    span = document("aa", "bb")
    span["references"] += [
        {"refType": "FOLLOWS_FROM", "traceID": TRACE_ID, "spanID": "cc"},
        {"refType": "CHILD_OF", "traceID": OTHER_ID, "spanID": "dd"},
    ]

    (found,) = read(span)

    assert found.parent_id == "bb"
    assert found.links == (Link(TRACE_ID, "cc"), Link(OTHER_ID, "dd"))


def test_spans_come_in_the_order_of_their_start_the_longer_first(document: Any) -> None:
    late, early, outer = document("late"), document("early"), document("outer")
    late["startTime"] = 9
    outer["duration"] = 5

    assert [span.span_id for span in read(late, early, outer)] == ["outer", "early", "late"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("span.kind", "sideways", "span.kind='SIDEWAYS': expected one of INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER"),
        ("otel.status_code", "FINE", "otel.status_code='FINE': expected one of UNSET, OK, ERROR"),
    ],
)
def test_a_word_that_nobody_knows_is_refused(document: Any, key: str, value: str, message: str) -> None:
    span = document("aa")
    span["tags"] = [{"key": key, "value": value}]

    with pytest.raises(ValueError, match=message):
        read(span)


def test_a_trace_is_a_tree(document: Any) -> None:
    trace = read(document("root", "caller"), document("first", "root"), document("second", "root"))

    assert len(trace) == 3
    assert [span.span_id for span in trace.children(trace.root)] == ["first", "second"]
    assert trace.children(trace.named("span first")[0]) == []
    assert trace.named("span first", service="user") == []
    assert trace.named("span first", kind="SERVER") == []


def test_only_a_trace_with_one_root_has_a_root(document: Any) -> None:
    with pytest.raises(ValueError, match="too many values"):
        _ = read(document("one"), document("two")).root
