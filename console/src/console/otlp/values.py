"""Reads the attributes and ids that every signal has."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from console.model import Attributes, Value
from console.otlp.decoded import RefusedItemError

TRACE_ID_BYTES, SPAN_ID_BYTES = 16, 8

_SCALARS = frozenset({"string_value", "bool_value", "int_value", "double_value", "bytes_value"})


def attributes_of(pairs: Iterable[KeyValue]) -> Attributes:
    """Read attributes; of a key that comes twice the last one counts."""
    return {pair.key: value_of(pair.value) for pair in pairs}


def value_of(value: AnyValue) -> Value:
    """Read one value; None when it is empty."""
    which = value.WhichOneof("value")
    if which in _SCALARS:
        scalar: Value = getattr(value, which)
        return scalar
    if which == "array_value":
        return [value_of(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return attributes_of(value.kvlist_value.values)
    return None


def required_id(what: str, value: bytes, length: int) -> str:
    """Write an id as lower-case hex; raise RefusedItemError when it has another length, or is all zero."""
    if len(value) != length:
        raise RefusedItemError(f"{what}: expected {length} bytes, got {len(value)}")
    if not any(value):
        raise RefusedItemError(f"{what}: all zero is not allowed")
    return value.hex()


def optional_id(what: str, value: bytes, length: int) -> str:
    """Write an id that may be left out: empty, or all zero, is ""."""
    return required_id(what, value, length) if any(value) or len(value) not in {0, length} else ""
