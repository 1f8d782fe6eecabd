from __future__ import annotations

import pytest
from google.protobuf.wrappers_pb2 import BytesValue, Int64Value, StringValue, UInt64Value
from hypothesis import given
from hypothesis import strategies as st

from telemetry.otlp.protobuf import Wire, delimited, tag, text, varint

VALUE = 1  # the one field of protobuf's wrappers


@given(st.integers(0, (1 << 64) - 1))
def test_an_integer_without_a_sign_is_read_again(number: int) -> None:
    assert UInt64Value.FromString(tag(VALUE, Wire.VARINT) + varint(number)).value == number


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_an_integer_with_a_sign_is_read_again(number: int) -> None:
    assert Int64Value.FromString(tag(VALUE, Wire.VARINT) + varint(number)).value == number


@given(st.integers(0, (1 << 64) - 1))
def test_an_integer_takes_no_more_bytes_than_it_must(number: int) -> None:
    assert len(varint(number)) == max(1, -(-number.bit_length() // 7))


@given(st.binary(max_size=300))
def test_bytes_are_read_again(content: bytes) -> None:
    assert BytesValue.FromString(tag(VALUE, Wire.DELIMITED) + delimited(content)).value == content


@given(st.text(max_size=300))
def test_a_text_is_read_again(given_text: str) -> None:
    assert StringValue.FromString(tag(VALUE, Wire.DELIMITED) + text(given_text)).value == given_text


def test_what_utf8_cannot_hold_becomes_a_question_mark() -> None:
    assert text("half \ud800 a pair") == delimited(b"half ? a pair")


@pytest.mark.parametrize(
    ("field", "wire", "written"),
    [(1, Wire.DELIMITED, b"\x0a"), (9, Wire.FIXED64, b"\x49"), (16, Wire.FIXED32, b"\x85\x01")],
)
def test_a_tag_holds_the_field_and_how_it_is_written(field: int, wire: Wire, written: bytes) -> None:
    assert tag(field, wire) == written
