from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common._internal import _encode_attributes
from opentelemetry.proto.common.v1.common_pb2 import KeyValueList

from telemetry.otlp.protobuf import Wire, tag
from telemetry.otlp.values import _kept_pair, encode_attributes

VALUES = tag(1, Wire.DELIMITED)  # the one field of a KeyValueList


class Size(StrEnum):
    LARGE = "large"


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats()
    | st.text()
    | st.text(min_size=600, max_size=700)
    | st.binary()
    | st.sampled_from([0, 1, True, False, 0.0, -0.0, 1.0, "1", Size.LARGE])
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(min_size=1), inner),
    max_leaves=10,
)


def decoded(attributes: dict[str, Any]) -> KeyValueList:
    return KeyValueList.FromString(encode_attributes(VALUES, attributes))


@given(st.dictionaries(st.text(min_size=1), values))
def test_attributes_are_written_as_the_sdk_writes_them(attributes: dict[str, Any]) -> None:
    stock = KeyValueList(values=_encode_attributes(attributes))

    assert decoded(attributes).SerializeToString(deterministic=True) == stock.SerializeToString(deterministic=True)


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1, 1 << 200])
def test_a_number_of_more_than_64_bits_is_written_as_a_text(number: int) -> None:
    (pair,) = decoded({"large": number}).values

    assert pair.value.string_value == str(number)


def test_what_utf8_cannot_hold_costs_a_character_and_no_attribute() -> None:
    first, second = decoded({"half \udc00": 1, "text": "a \ud800 pair"}).values

    assert (first.key, first.value.int_value) == ("half ?", 1)
    assert second.value.string_value == "a ? pair"


def test_no_attributes_are_no_bytes() -> None:
    assert encode_attributes(VALUES, {}) == encode_attributes(VALUES, None) == b""


def test_what_is_kept_has_bounds() -> None:
    for number in range(5000):
        encode_attributes(VALUES, {"order.id": f"order {number}", "number": number, "k" * 1000: "x" * 1000})

    kept = _kept_pair.cache_info()
    assert kept.currsize == kept.maxsize == 2048
    before = kept.misses
    encode_attributes(VALUES, {"k" * 1000: "v", "key": "v" * 1000, "x": 1.5})
    assert _kept_pair.cache_info().misses == before
