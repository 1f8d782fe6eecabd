"""The wire format of protocol buffers, as far as OTLP needs it.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from enum import IntEnum

_SMALL = tuple(bytes((number,)) for number in range(128))
_ALL_BITS = (1 << 64) - 1


class Wire(IntEnum):
    """How a field's value is written."""

    VARINT = 0
    FIXED64 = 1
    DELIMITED = 2
    FIXED32 = 5


def tag(field: int, wire: Wire) -> bytes:
    """Give what stands before a field's value."""
    return varint(field << 3 | wire)


def varint(number: int) -> bytes:
    """Give an integer of up to 64 bits, a negative one as its two's complement."""
    if 0 <= number < len(_SMALL):
        return _SMALL[number]
    rest = number & _ALL_BITS
    written = bytearray()
    while rest >= len(_SMALL):
        written.append(rest & 0x7F | 0x80)
        rest >>= 7
    written.append(rest)
    return bytes(written)


def delimited(content: bytes) -> bytes:
    """Give bytes, a text in UTF-8 or a message, after its length."""
    return varint(len(content)) + content


def text(given: str) -> bytes:
    """Give a text after its length; what UTF-8 has no bytes for, half of a surrogate pair, becomes a question mark."""
    return delimited(given.encode("utf-8", "replace"))
