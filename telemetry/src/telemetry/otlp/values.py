"""Attributes in OTLP; repeated pairs are encoded once.

https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import starmap
from struct import Struct

from opentelemetry.util.types import AnyValue

from telemetry.otlp.protobuf import Wire, delimited, tag, text, varint

# Bounds of the cache: a service repeats some hundreds of attributes, and has ids that never repeat.
_KEPT = 2048
_LONGEST_KEPT = 512  # characters of key and value

_FEW = frozenset({bool, int})
_LEAST, _BEYOND = -(1 << 63), 1 << 63
_DOUBLE = Struct("<d")

_KEY = tag(1, Wire.DELIMITED)
_VALUE = tag(2, Wire.DELIMITED)
_ITEM = tag(1, Wire.DELIMITED)  # of a list of values, and of a list of pairs
_STRING = tag(1, Wire.DELIMITED)
_BOOL = tag(2, Wire.VARINT)
_INT = tag(3, Wire.VARINT)
_FLOAT = tag(4, Wire.FIXED64)
_ARRAY = tag(5, Wire.DELIMITED)
_MAPPING = tag(6, Wire.DELIMITED)
_BYTES = tag(7, Wire.DELIMITED)


def encode_attributes(field: bytes, attributes: Mapping[str, AnyValue] | None) -> bytes:
    """Return a repeated field of pairs; `field` is its tag."""
    if not attributes:
        return b""
    return field.join((b"", *starmap(_pair, attributes.items())))


def _pair(key: str, value: AnyValue) -> bytes:
    """Return a KeyValue after its length."""
    # By exact type: a subclass may equal anything, and 0.0 equals -0.0.
    if type(value) is str:
        keep = len(key) + len(value) <= _LONGEST_KEPT
    else:
        keep = type(value) in _FEW and len(key) <= _LONGEST_KEPT
    return _kept_pair(key, value) if keep else _made_pair(key, value)


def _made_pair(key: str, value: AnyValue) -> bytes:
    return delimited(_KEY + text(key) + _VALUE + delimited(encode_value(value)))


_kept_pair = lru_cache(_KEPT, typed=True)(_made_pair)


def encode_value(value: AnyValue) -> bytes:  # noqa: PLR0911  a return a type
    """Return an AnyValue; a value of any other type is written as text, as the specification says.

    https://opentelemetry.io/docs/specs/otel/common/#mapping-arbitrary-data-to-otlp-anyvalue
    """
    match value:
        case None:
            return b""
        case bool():
            return _BOOL + varint(value)
        case str():
            return _STRING + text(value)
        case int():
            return _INT + varint(value) if _LEAST <= value < _BEYOND else _STRING + text(str(value))
        case float():
            return _FLOAT + _DOUBLE.pack(value)
        case bytes():
            return _BYTES + delimited(value)
        case Sequence():
            return _ARRAY + delimited(_ITEM.join((b"", *(delimited(encode_value(each)) for each in value))))
        case Mapping():
            return _MAPPING + delimited(encode_attributes(_ITEM, value))
    return _STRING + text(str(value))
