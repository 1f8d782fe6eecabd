"""What a document must look like: each function raises DocumentError, which names the place, where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class DocumentError(ValueError):
    """A document says something that nobody understands; the message says where, what, and what is allowed."""


def mapping(document: object, where: str) -> Mapping[str, Any]:
    """Give a mapping whose keys are texts."""
    if isinstance(document, Mapping) and False in document:  # what YAML 1.1 makes of a bare `no`
        document = {"no" if key is False else key: value for key, value in document.items()}
    if not isinstance(document, Mapping) or not all(isinstance(key, str) for key in document):
        raise DocumentError(f"{where}={document!r}: expected a mapping")
    return document


def sequence(document: object, where: str) -> Sequence[Any]:
    """Give a list."""
    if not isinstance(document, list | tuple):
        raise DocumentError(f"{where}={document!r}: expected a list")
    return document


def number(document: object, where: str) -> float:
    """Give a number."""
    if isinstance(document, bool) or not isinstance(document, int | float):
        raise DocumentError(f"{where}={document!r}: expected a number")
    return document


def text(document: object, where: str) -> str:
    """Give a text."""
    if not isinstance(document, str):
        raise DocumentError(f"{where}={document!r}: expected a text")
    return document


def choice(document: object, allowed: Sequence[Any], where: str) -> Any:
    """Give one of the allowed values, or None."""
    if document is not None and document not in allowed:
        raise DocumentError(f"{where}={document!r}: expected one of {', '.join(allowed)}")
    return document


def only(fields: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Refuse unknown keys."""
    if unknown := [key for key in fields if key not in known]:
        raise DocumentError(f"{where}: {', '.join(unknown)}: expected {', '.join(known)}")


def keys(fields: Mapping[str, Any]) -> str:
    """Name the keys for a message."""
    return ", ".join(fields) or "nothing"
