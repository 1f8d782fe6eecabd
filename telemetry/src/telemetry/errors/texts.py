"""The texts of an error: its type's name, its message and its stack trace, redacted and bounded."""

from __future__ import annotations

import re
import traceback

from grpc import RpcError

from telemetry.errors.chain import causes, leaves
from telemetry.errors.remote import grpc_code, grpc_message
from telemetry.errors.safe_access import attribute_of, text_of
from telemetry.redaction import redact

_LONGEST_MESSAGE = 2048
_LONGEST_TRACE = 16_384
_MOST_FRAMES = 60

# Drivers' errors have one of these: the SQLSTATE, as asyncpg and psycopg call it.
_OF_DRIVERS = ("sqlstate", "pgcode")
_VALUE = re.compile(
    r"""(invalid\ input\ (?:syntax|value)\ for\ [^:]*:\ |invalid\ input\ for\ query\ argument\ \$[0-9]+:\ ).*
    """,
    re.VERBOSE,
)

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def type_name(error: BaseException) -> str:
    """Return the qualified name of the error's type; built-in types have no module."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def message_of(error: BaseException) -> str:
    """Return the error's message, redacted; a database's error without its values."""
    if isinstance(error, RpcError) and grpc_code(error) is not None:
        text = grpc_message(error)
    elif (original := attribute_of(error, "orig")) is not None:  # SQLAlchemy's
        text = _without_values(text_of(original))
    elif any(attribute_of(error, name) is not None for name in _OF_DRIVERS):
        text = _without_values(text_of(error))
    else:
        text = text_of(error)
    return redact(text[:_LONGEST_MESSAGE])


def summary_of(error: BaseException) -> str:
    """Return type and message in one line."""
    return f"{type_name(error)}: {message_of(error)}"


def stack_trace(error: BaseException) -> str:
    """Return the stack trace as Python writes it, causes first, with redacted messages, at most 16 KiB."""
    parts = [_one_trace(error)]
    after = error
    for behind in causes(error):
        parts[:0] = [_one_trace(behind), _CAUSE if after.__cause__ is behind else _CONTEXT]
        after = behind
    text = "".join(parts)
    return bounded_trace(text)


def bounded_trace(text: str) -> str:
    """Return the text of a stack, redacted; of a longer one than 16 KiB its beginning and its end."""
    half = _LONGEST_TRACE // 2
    return redact(text if len(text) <= _LONGEST_TRACE else text[:half] + "\n…\n" + text[-half:])


def _one_trace(error: BaseException) -> str:
    lines = ["Traceback (most recent call last):\n"] if error.__traceback__ else []
    lines += traceback.format_list(traceback.extract_tb(error.__traceback__, limit=-_MOST_FRAMES))
    lines.append(summary_of(error) + "\n")
    if isinstance(error, BaseExceptionGroup):
        lines += [f"  | {summary_of(leaf)}\n" for leaf in leaves(error)]
    return "".join(lines)


def _without_values(text: str) -> str:
    """Return the first line; the others, such as DETAIL, contain a row's values. Some first lines do too."""
    return _VALUE.sub(r"\1REDACTED", text.partition("\n")[0])
