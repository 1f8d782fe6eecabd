"""A table of error types: the nearest type of an error decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Value = TypeVar("Value")


ErrorTable = Mapping[type[BaseException], Value]


def find_code(error: BaseException, table: ErrorTable[Value]) -> Value | None:
    """Return the table's value for the nearest of the error's types; None when none is in the table."""
    return next((table[kind] for kind in type(error).__mro__ if kind in table), None)
