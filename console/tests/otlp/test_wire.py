from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1 import trace_pb2

from console.otlp.wire import WireError, submessages


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_gives_the_wanted_fields_as_protobuf_wrote_them(states: list[bytes], flags: int, start: int) -> None:
    links = [trace_pb2.Span.Link(trace_id=state) for state in states]
    span = trace_pb2.Span(trace_id=b"t" * 16, links=links, flags=flags, start_time_unix_nano=start, name="n")
    found = list(submessages(span.SerializeToString(), 1, 13))
    assert found == [(1, b"t" * 16), *((13, link.SerializeToString()) for link in links)]


def test_a_message_without_fields_is_empty() -> None:
    assert list(submessages(b"", 1)) == []


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x0a\x05abc", "field 1 at byte 2 should be 5 bytes long, 3 are left"),
        (b"\x0a", "a number is cut off at byte 1"),
        (b"\x0a\x80", "a number is cut off at byte 2"),
        (b"\x80" * 10 + b"\x01", "the number before byte 10 is too long"),
        (b"\x09\x00\x00", "field 1 is cut off at byte 3"),
        (b"\x0d\x00", "field 1 is cut off at byte 2"),
        (b"\x0b", "byte 1 begins no field"),
        (b"\x00\x01", "byte 1 begins no field"),
    ],
)
def test_says_where_malformed_bytes_stop_making_sense(data: bytes, problem: str) -> None:
    with pytest.raises(WireError) as raised:
        list(submessages(data, 1))
    assert str(raised.value) == problem


@given(st.binary(max_size=200))
def test_any_bytes_are_walked_or_refused(data: bytes) -> None:
    try:
        found = list(submessages(data, 1, 2))
    except WireError:
        return
    assert sum(len(content) for _, content in found) <= len(data)
