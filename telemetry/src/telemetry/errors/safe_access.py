"""Safe access to errors of other libraries, whatever their ``__str__``, ``__repr__`` and ``__getattr__`` do."""

from __future__ import annotations

from typing import Any


def text_of(error: object) -> str:
    """Return the error's text."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  a broken __str__ must not hide the error that has it
        return "(its text cannot be made)"


def attribute_of(error: object, name: str) -> Any:
    """Return an attribute of the error; None when it is missing or raises."""
    try:
        return getattr(error, name, None)
    except Exception:  # noqa: BLE001  the same
        return None
