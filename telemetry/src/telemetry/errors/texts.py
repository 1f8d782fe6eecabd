"""What is written of an error: its type's name, its message and its stack trace, without secrets and without end."""

from __future__ import annotations

import traceback

from grpc import RpcError

from telemetry.errors.chain import causes, leaves
from telemetry.errors.remote import grpc_code, grpc_message
from telemetry.redaction import redact

_LONGEST_MESSAGE = 2048
_LONGEST_TRACE = 16_384
_MOST_FRAMES = 60

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def type_name(error: BaseException) -> str:
    """Give the qualified name of the error's type; built-in ones need no module."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def message_of(error: BaseException) -> str:
    """Give the error's message, redacted. Of a database's error, only the first line: the others hold values."""
    if isinstance(error, RpcError) and grpc_code(error) is not None:
        text = grpc_message(error)
    elif getattr(error, "orig", None) is not None:
        text = _own_text(error.orig).partition("\n")[0]  # type: ignore[attr-defined]  # SQLAlchemy's
    else:
        text = _own_text(error)
    return redact(text[:_LONGEST_MESSAGE])


def summary_of(error: BaseException) -> str:
    """Give type and message in one line."""
    return f"{type_name(error)}: {message_of(error)}"


def stack_trace(error: BaseException) -> str:
    """Give the stack trace as Python writes it, causes first, but with redacted messages and no more than 16 KiB."""
    parts = [_one_trace(error)]
    after = error
    for behind in causes(error):
        parts[:0] = [_one_trace(behind), _CAUSE if after.__cause__ is behind else _CONTEXT]
        after = behind
    text = "".join(parts)
    half = _LONGEST_TRACE // 2
    return redact(text if len(text) <= _LONGEST_TRACE else text[:half] + "\n…\n" + text[-half:])


def _one_trace(error: BaseException) -> str:
    lines = ["Traceback (most recent call last):\n"] if error.__traceback__ else []
    lines += traceback.format_list(traceback.extract_tb(error.__traceback__, limit=-_MOST_FRAMES))
    lines.append(summary_of(error) + "\n")
    if isinstance(error, BaseExceptionGroup):
        lines += [f"  | {summary_of(leaf)}\n" for leaf in leaves(error)]
    return "".join(lines)


def _own_text(error: object) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  a broken __str__ must not hide the error that has it
        return "(its text cannot be made)"
