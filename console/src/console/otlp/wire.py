"""Walks a protobuf message field by field without building it, and writes one in the same way.

A message of two-byte empty spans grows a hundredfold when it is parsed as a whole. Walked this way, every span is
weighed and counted before it is built.
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


class WireError(ValueError):
    """The bytes are no protobuf message; the message says where they stop making sense."""


def submessages(data: bytes, *numbers: int) -> Iterator[tuple[int, bytes]]:
    """Give number and content of each length-delimited field whose number is among those wanted, in their order.

    Raises:
        WireError: the bytes are malformed or end too early.
    """
    position, end = 0, len(data)
    while position < end:
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _LENGTH:
            length, position = _varint(data, position)
            if length > end - position:
                raise WireError(
                    f"field {number} at byte {position} should be {length} bytes long, {end - position} are left"
                )
            if number in numbers:
                yield number, data[position : position + length]
            position += length
        else:
            position = _skip(data, position, number, wire_type)


def _skip(data: bytes, position: int, number: int, wire_type: int) -> int:
    if number == 0 or wire_type not in {_VARINT, _FIXED64, _FIXED32}:
        raise WireError(f"byte {position} begins no field")
    if wire_type == _VARINT:
        return _varint(data, position)[1]
    position += 8 if wire_type == _FIXED64 else 4
    if position > len(data):
        raise WireError(f"field {number} is cut off at byte {len(data)}")
    return position


def _varint(data: bytes, position: int) -> tuple[int, int]:
    if position < len(data) and data[position] < 0x80:  # noqa: PLR2004  nearly always: a number of one byte
        return data[position], position + 1
    value = 0
    for shift in range(0, 7 * _LONGEST_VARINT, 7):
        if position >= len(data):
            raise WireError(f"a number is cut off at byte {position}")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  the highest bit says that more follows
            return value, position
    raise WireError(f"the number before byte {position} is too long")


def field(number: int, content: bytes) -> bytes:
    """Write one length-delimited field."""
    return _number(number << 3 | _LENGTH) + _number(len(content)) + content


def _number(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:  # noqa: PLR2004  seven bits a byte
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
