from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from console.model import Attributes, Event, Kind, Link, Resource, Scope, Span, Status, Value
from console.otlp import requests, transcode
from console.otlp.decoded import MAX_ITEM_BYTES, Decoded, MalformedRequestError
from console.otlp.spans import decode_spans
from console.otlp.transcode import json_to_protobuf

Encode = Callable[[list[Span]], ExportTraceServiceRequest]
MakeSpan = Callable[..., Span]

_TEXTS = st.text(max_size=20)
_SCALARS: st.SearchStrategy[Value] = (
    st.none()
    | _TEXTS
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=10)
)
_VALUES: st.SearchStrategy[Value] = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3), max_leaves=6
)
_ATTRIBUTES: st.SearchStrategy[Attributes] = st.dictionaries(_TEXTS, _VALUES, max_size=4)
_NANOSECONDS = st.integers(0, 2**64 - 1)
_TRACE_IDS = st.integers(1, 2**128 - 1).map("{:032x}".format)
_SPAN_IDS = st.integers(1, 2**64 - 1).map("{:016x}".format)
_SPANS = st.builds(
    Span,
    trace_id=_TRACE_IDS,
    span_id=_SPAN_IDS,
    parent_id=st.just("") | _SPAN_IDS,
    name=_TEXTS,
    kind=st.sampled_from(Kind),
    start=_NANOSECONDS,
    end=_NANOSECONDS,
    resource=st.builds(
        Resource,
        _TEXTS.filter(bool),
        _ATTRIBUTES.map(lambda given: {key: value for key, value in given.items() if key != "service.name"}),
    ),
    scope=st.builds(Scope, _TEXTS, _TEXTS, _ATTRIBUTES),
    attributes=_ATTRIBUTES,
    events=st.lists(st.builds(Event, _TEXTS, _NANOSECONDS, _ATTRIBUTES), max_size=2).map(tuple),
    links=st.lists(st.builds(Link, _TRACE_IDS, _SPAN_IDS, _ATTRIBUTES), max_size=2).map(tuple),
    status=st.sampled_from(Status),
    status_message=_TEXTS,
    trace_state=_TEXTS,
)


def decode_protobuf(body: bytes) -> Decoded[Span]:
    """Read a request and every span in it."""
    decoded = decode_spans(body)
    return Decoded([span.read() for span in decoded.items], decoded.refused, decoded.reason)


def decode_json(body: bytes) -> Decoded[Span]:
    return decode_protobuf(json_to_protobuf(body, ExportTraceServiceRequest))


def as_json(request: ExportTraceServiceRequest) -> bytes:
    """Write a request as OTLP's JSON, whose ids are hex where protobuf's own JSON has base64."""

    def with_hex(node: object) -> object:
        if isinstance(node, list):
            return [with_hex(item) for item in node]
        if isinstance(node, dict):
            ids = {"traceId", "spanId", "parentSpanId"}
            return {k: base64.b64decode(v).hex() if k in ids else with_hex(v) for k, v in node.items()}
        return node

    return json.dumps(with_hex(json_format.MessageToDict(request))).encode()


@given(st.lists(_SPANS, max_size=3))
def test_protobuf_comes_back_as_it_was(encode: Encode, spans: list[Span]) -> None:
    assert decode_protobuf(encode(spans).SerializeToString()) == Decoded(spans)


@given(st.lists(_SPANS, max_size=3))
def test_json_says_the_same_as_protobuf(encode: Encode, spans: list[Span]) -> None:
    assert decode_json(as_json(encode(spans))) == Decoded(spans)


@given(st.binary(max_size=300))
def test_junk_is_refused_or_holds_no_wrong_span(junk: bytes) -> None:
    for decode in (decode_protobuf, decode_json):
        try:
            decoded = decode(junk)
        except MalformedRequestError:
            continue
        assert all(len(span.trace_id) == 32 and len(span.span_id) == 16 for span in decoded.items)


_NAMES = [
    *["resourceSpans", "resource", "scopeSpans", "spans", "traceId", "spanId", "kind", "startTimeUnixNano", "links"],
    *["status", "code", "attributes", "key", "value", "stringValue", "intValue", "arrayValue", "values"],
]
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0" * 32, "ab" * 8]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.just("resourceSpans"), st.lists(_JSON, max_size=2)) | _JSON)
def test_odd_json_is_refused_or_taken_but_never_breaks(document: object) -> None:
    try:
        decoded = decode_json(json.dumps(document).encode())
    except MalformedRequestError:
        return
    assert all(len(span.trace_id) == 32 and len(span.span_id) == 16 for span in decoded.items)


@given(st.data())
def test_a_request_that_is_cut_off_is_refused_whole(make_span: MakeSpan, encode: Encode, data: st.DataObject) -> None:
    body = encode([make_span(attributes={"key": "value"})]).SerializeToString()
    end = data.draw(st.integers(1, len(body) - 1))
    with pytest.raises(MalformedRequestError, match="not an ExportTraceServiceRequest"):
        decode_protobuf(body[:end])


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"text"', b"{", b"\xff", b"[" * 100_000, b'{"resourceSpans": 1}']
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequestError, match="not the JSON of an ExportTraceServiceRequest"):
        decode_json(body)


def test_a_number_too_long_for_python_is_refused() -> None:
    with pytest.raises(MalformedRequestError):
        decode_json(b'{"resourceSpans": ' + b"1" * 10_000 + b"}")


def test_json_of_more_objects_than_allowed_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcode, "MAX_JSON_CONTAINERS", 3)
    with pytest.raises(MalformedRequestError, match="4 objects and arrays: at most 3 are taken"):
        decode_json(b"[[[[")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"trace_id": "ab"}, "trace id: expected 16 bytes, got 1"),
        ({"trace_id": ""}, "trace id: expected 16 bytes, got 0"),
        ({"trace_id": "00" * 16}, "trace id: all zero is not allowed"),
        ({"span_id": "ab" * 9}, "span id: expected 8 bytes, got 9"),
        ({"span_id": "00" * 8}, "span id: all zero is not allowed"),
        ({"parent_id": "ab" * 4}, "parent span id: expected 8 bytes, got 4"),
        ({"links": (Link("ab" * 15, "ab" * 8),)}, "trace id of a link: expected 16 bytes, got 15"),
        ({"links": (Link("ab" * 16, "ab" * 2),)}, "span id of a link: expected 8 bytes, got 2"),
    ],
)
def test_a_span_with_a_wrong_id_is_refused_alone(
    make_span: MakeSpan, encode: Encode, changed: dict[str, object], reason: str
) -> None:
    good = make_span(span=7)
    wrong = replace(make_span(), **changed)  # type: ignore[arg-type]  # the fields that a case changes
    request = encode([wrong, good])
    for decoded in (decode_protobuf(request.SerializeToString()), decode_json(as_json(request))):
        assert decoded == Decoded([good], 1, reason)


def test_an_all_zero_parent_is_no_parent(make_span: MakeSpan, encode: Encode) -> None:
    request = encode([replace(make_span(), parent_id="00" * 8)])
    assert decode_protobuf(request.SerializeToString()).items == [make_span()]


@pytest.mark.parametrize("wrong", ["xyz", "abc", "é" * 32, None])
def test_an_id_that_is_no_hex_is_refused_alone(sample: bytes, wrong: str | None) -> None:
    document = json.loads(sample)
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[0]["traceId"] = wrong
    decoded = decode_json(json.dumps(document).encode())
    assert (len(decoded.items), decoded.refused) == (14, 1)


def test_an_id_that_is_no_text_makes_the_request_malformed() -> None:
    with pytest.raises(MalformedRequestError, match="an id is a text of hex digits, got int"):
        decode_json(b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 5}]}]}]}')


def test_a_span_that_is_malformed_by_itself_is_refused_alone(make_span: MakeSpan, encode: Encode) -> None:
    body = encode([make_span(name="A"), make_span(span=2)]).SerializeToString()
    decoded = decode_protobuf(body.replace(b"\x2a\x01A", b"\x2a\x01\xff"))  # a name that is no UTF-8
    assert decoded == Decoded([make_span(span=2)], 1, "a span is no Span message")


def test_a_span_that_is_too_large_is_refused_alone(make_span: MakeSpan, encode: Encode) -> None:
    large = make_span(attributes={"text": "x" * MAX_ITEM_BYTES})
    decoded = decode_protobuf(encode([large, make_span(span=2)]).SerializeToString())
    assert [span.span_id for span in decoded.items] == [f"{2:016x}"]
    assert decoded.reason.startswith("a span of 10486")


def test_a_resource_that_is_too_large_makes_the_request_malformed(make_span: MakeSpan, encode: Encode) -> None:
    span = make_span(service="x" * MAX_ITEM_BYTES)
    with pytest.raises(MalformedRequestError, match="a resource of"):
        decode_protobuf(encode([span]).SerializeToString())


def test_spans_after_the_most_of_one_request_are_refused(
    make_span: MakeSpan, encode: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_ITEMS", 2)
    decoded = decode_protobuf(encode([make_span(span=number) for number in range(1, 6)]).SerializeToString())
    assert (len(decoded.items), decoded.refused) == (2, 3)
    assert decoded.reason == "at most 2 spans are taken from one request"


def framed(number: int, content: bytes) -> bytes:
    """Write one length-delimited field."""
    size = len(content)
    length = bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])
    return bytes([number << 3 | 2]) + length + content


def test_nesting_deeper_than_protobuf_allows_is_refused() -> None:
    value = b""
    for _ in range(60):
        value = framed(5, framed(1, value))
    span = framed(1, b"t" * 16) + framed(2, b"s" * 8) + framed(9, framed(2, value))
    decoded = decode_protobuf(framed(1, framed(2, framed(2, span))))
    assert decoded == Decoded([], 1, "a span is no Span message")


@pytest.mark.parametrize("depth", [20, 33, 40, 60, 400])
def test_nesting_in_json_is_taken_or_refused(depth: int) -> None:
    value = '{"arrayValue": {"values": [' * depth + "]}}" * depth
    span = f'{{"traceId": "{"ab" * 16}", "spanId": "{"ab" * 8}", "attributes": [{{"key": "k", "value": {value}}}]}}'
    try:
        decoded = decode_json(f'{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{span}]}}]}}]}}'.encode())
    except MalformedRequestError:
        assert depth > 20
    else:
        assert len(decoded.items) + decoded.refused == 1


def test_a_resource_split_in_two_is_put_together(make_span: MakeSpan, encode: Encode) -> None:
    first = encode([replace(make_span(), resource=Resource("order", {"a": 1}))]).resource_spans[0]
    second = encode([replace(make_span(), resource=Resource("order", {"b": 2}))]).resource_spans[0]
    second.ClearField("scope_spans")
    body = framed(1, first.SerializeToString() + second.SerializeToString())
    assert decode_protobuf(body).items[0].resource == Resource("order", {"a": 1, "b": 2})


@pytest.mark.parametrize(
    ("attributes", "service"),
    [
        ({}, "missing-service-name"),
        ({"service.name": ""}, "empty-service-name"),
        ({"service.name": 1}, "service-name-wrong-type"),
    ],
)
def test_a_service_without_a_name_gets_the_one_that_jaeger_gives(
    make_span: MakeSpan, encode: Encode, attributes: Attributes, service: str
) -> None:
    request = encode([replace(make_span(), resource=Resource("x", attributes))])
    if not attributes:
        request.resource_spans[0].resource.ClearField("attributes")
    assert decode_protobuf(request.SerializeToString()).items[0].service == service


def test_unknown_numbers_of_kind_and_status_mean_unspecified(make_span: MakeSpan, encode: Encode) -> None:
    request = encode([make_span()])
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.kind, span.status.code = 99, -1  # type: ignore[assignment]  # a newer sender's numbers
    decoded = decode_protobuf(request.SerializeToString()).items[0]
    assert (decoded.kind, decoded.status) == (Kind.UNSPECIFIED, Status.UNSET)
