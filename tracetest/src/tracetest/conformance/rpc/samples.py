"""Valid requests made from their message types, so that no test has to write them.

Field names decide the values, by common convention: an ``…_id`` is a UUID, an ``email`` an address, a
``page_token`` is empty for the first page. An id that the service has returned under the same name is used again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

from google.protobuf.descriptor import FieldDescriptor as Kind
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

Field = Any  # a descriptor, of one of the two implementations that protobuf has

_DEEPEST = 4
_FROM_THE_BEGINNING = ("after", "since", "offset", "page", "cursor")
_TEXTS: Mapping[str, Callable[[], str]] = {  # by a word of the field's name
    "id": lambda: str(uuid4()),
    "token": lambda: "",
    "cursor": lambda: "",
    "email": lambda: f"{secrets.token_hex(6)}@example.com",
    "url": lambda: f"https://example.com/{secrets.token_hex(6)}",
    "uri": lambda: f"https://example.com/{secrets.token_hex(6)}",
    "currency": lambda: "EUR",
    "country": lambda: "DE",
    "language": lambda: "en",
    "locale": lambda: "en",
}


def make_request(kind: type[Message], known: Mapping[str, str], given: Mapping[str, Any]) -> Message:
    """Make a unique request.

    Args:
        kind: Its type.
        known: Ids that the service has given, by the name of their field.
        given: What a field must be, as proto's JSON has it; wins over all that is made here.
    """
    request = kind()
    _fill(request, known, _DEEPEST)
    for name in given:
        request.ClearField(name)
    return ParseDict(dict(given), request)


def texts_in(message: Message) -> Iterator[tuple[str, str]]:
    """Give the texts of a message at any depth, each after the name of its field."""
    for field, value in message.ListFields():
        values = [value] if not field.is_repeated else list(value.values() if _is_map(field) else value)
        for each in values:
            if isinstance(each, Message):
                yield from texts_in(each)
            elif isinstance(each, str):
                yield field.name, each


def is_id(name: str) -> bool:
    """Tell whether a field of this name holds an id."""
    return name.rpartition("_")[2] == "id"


def _fill(message: Message, known: Mapping[str, str], depth: int) -> None:
    if isinstance(message, Timestamp):
        message.GetCurrentTime()
        return
    chosen: set[str] = set()
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is not None:
            if field.containing_oneof.name in chosen:
                continue
            chosen.add(field.containing_oneof.name)
        if field.message_type is not None:
            _fill_message(message, field, known, depth)
        elif field.is_repeated:
            getattr(message, field.name).append(_value(field, known))
        else:
            setattr(message, field.name, _value(field, known))


def _fill_message(message: Message, field: Field, known: Mapping[str, str], depth: int) -> None:
    if depth == 0 or _is_map(field):
        return
    member = getattr(message, field.name)
    child = member.add() if field.is_repeated else member
    child.SetInParent()
    _fill(child, known, depth - 1)


def _value(field: Field, known: Mapping[str, str]) -> object:
    match field.cpp_type:
        case Kind.CPPTYPE_STRING if field.type == Kind.TYPE_BYTES:
            return secrets.token_bytes(8)
        case Kind.CPPTYPE_STRING:
            return _text(field.name, known)
        case Kind.CPPTYPE_BOOL:
            return False
        case Kind.CPPTYPE_ENUM:
            return max(field.enum_type.values[:2], key=lambda value: value.index).number
        case _:
            return 0 if field.name.startswith(_FROM_THE_BEGINNING) else 1


def _text(name: str, known: Mapping[str, str]) -> str:
    if is_id(name) and name in known:
        return known[name]
    make = next((_TEXTS[word] for word in reversed(name.split("_")) if word in _TEXTS), None)
    return f"conformance-{secrets.token_hex(6)}" if make is None else make()


def _is_map(field: Field) -> bool:
    return bool(field.message_type is not None and field.message_type.GetOptions().map_entry)
