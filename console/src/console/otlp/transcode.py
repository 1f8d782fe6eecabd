"""Turns OTLP's JSON, where ids are hex, into protobuf, and protobuf into JSON.

See https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Error as ProtobufError
from google.protobuf.message import Message

from console.otlp.decoded import MalformedRequestError

MAX_JSON_CONTAINERS = 1_000_000

_LONGEST_REASON = 300
_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


def json_to_protobuf(body: bytes, request: type[Message]) -> bytes:
    """Write the same request in protobuf.

    Raises:
        MalformedRequestError: the body is not JSON, or not the JSON of this message.
    """
    containers = body.count(b"{") + body.count(b"[")
    if containers > MAX_JSON_CONTAINERS:
        raise MalformedRequestError(f"{containers} objects and arrays: at most {MAX_JSON_CONTAINERS} are taken")
    try:
        return _parsed(body, request)
    except (json_format.Error, ProtobufError, TypeError, ValueError, AttributeError, RecursionError) as error:
        why = " ".join(str(error).split())[:_LONGEST_REASON]
        raise MalformedRequestError(f"not the JSON of an {request.DESCRIPTOR.name}: {why}") from None


def protobuf_to_json(body: bytes, request: type[Message]) -> dict[str, Any]:
    """Give the JSON of a request in protobuf; it must be one."""
    document: dict[str, Any] = json_format.MessageToDict(request.FromString(body), use_integers_for_enums=True)
    _change_ids(document, _base64_to_hex)
    return document


def _parsed(body: bytes, request: type[Message]) -> bytes:
    document = json.loads(body)
    if not isinstance(document, dict):
        raise TypeError(f"expected an object, got {type(document).__name__}")
    _change_ids(document, _hex_to_base64)
    return json_format.ParseDict(document, request(), ignore_unknown_fields=True).SerializeToString()


def _change_ids(document: dict[str, Any], change: Callable[[object], str]) -> None:
    """Change every id in a document: JSON's hex, or the base64 of protobuf's own JSON."""
    pending: list[object] = [document]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            for name in _IDS & item.keys():
                item[name] = change(item[name])
            pending.extend(value for value in item.values() if isinstance(value, (dict, list)))


def _base64_to_hex(value: object) -> str:
    return base64.b64decode(str(value)).hex()


def _hex_to_base64(value: object) -> str:
    """Turn an id around; one that is no hex becomes a wrong one, which is refused later."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"an id is a text of hex digits, got {type(value).__name__}")
    try:
        return base64.b64encode(binascii.unhexlify(value)).decode("ascii")
    except ValueError:
        return base64.b64encode(b"?").decode("ascii")  # one byte
