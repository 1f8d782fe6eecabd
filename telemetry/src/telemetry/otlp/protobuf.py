"""The wire format of protocol buffers, as far as OTLP uses it.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from enum import IntEnum

_ALL_BITS = (1 << 64) - 1
_SEVEN_BITS, _MORE = 0x7F, 0x80
_MANY = 1024  # nearly all lengths


class Wire(IntEnum):
    """How a field's value is written."""

    VARINT = 0
    FIXED64 = 1
    DELIMITED = 2
    FIXED32 = 5


def tag(field: int, wire: Wire) -> bytes:
    """Return the tag of a field."""
    return varint(field << 3 | wire)


def varint(number: int) -> bytes:
    """Return an integer of up to 64 bits as a varint, a negative one as its two's complement."""
    if 0 <= number < _MANY:
        return _SMALL[number]
    return _written(number)


def _written(number: int) -> bytes:
    rest = number & _ALL_BITS
    written = bytearray()
    while rest > _SEVEN_BITS:
        written.append(rest & _SEVEN_BITS | _MORE)
        rest >>= 7
    written.append(rest)
    return bytes(written)


def delimited(content: bytes) -> bytes:
    """Return bytes, UTF-8 text or a message, after its length."""
    return varint(len(content)) + content


def text(given: str) -> bytes:
    """Return a text after its length; a lone surrogate, which UTF-8 cannot encode, becomes a question mark."""
    return delimited(given.encode("utf-8", "replace"))


_SMALL = tuple(_written(number) for number in range(_MANY))
