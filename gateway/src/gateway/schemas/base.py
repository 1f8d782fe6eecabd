"""What the schemas of every resource are made of: strict models, ids, texts that match."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

VISIBLE_ASCII = r"^[\x21-\x7e]+$"
UUID_EXAMPLE = "3f1c1a52-6f3b-4c7e-9b61-0d7a3a1d1f10"
TIME_EXAMPLE = "2026-01-31T12:00:00Z"


class Matches:
    """Checks a text, and says in words what is expected of it."""

    def __init__(self, pattern: str, expected: str) -> None:
        self._pattern = re.compile(pattern)
        self._expected = expected

    def __call__(self, text: str) -> str:
        """Give the text back."""
        if self._pattern.fullmatch(text) is None:
            raise PydanticCustomError("text", "Input should be {expected}", {"expected": self._expected})
        return text


Id = Annotated[
    str,
    AfterValidator(
        Matches(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", f"a UUID in lower case, such as {UUID_EXAMPLE}")
    ),
    WithJsonSchema({"type": "string", "format": "uuid", "examples": [UUID_EXAMPLE]}),
]
Name = Annotated[
    str,
    Field(max_length=200, examples=["Ada Lovelace"]),
    AfterValidator(Matches(r"[^\x00-\x1f\x7f]+", "a text without control characters")),
]


class Input(BaseModel):
    """What is taken: nothing more, and nothing that only looks like it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Output(BaseModel):
    """What is given, made of a domain value."""

    model_config = ConfigDict(from_attributes=True, frozen=True)
