"""A test's own trace ids: what it fetches is what it sent, never 'a recent trace'."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where a request comes from: a span of the test's own, which is never exported.

    Attributes:
        trace_id: 32 hex digits.
        span_id: 16 hex digits, the parent of the first span that the request leaves.
    """

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        """The W3C header, sampled."""
        return f"00-{self.trace_id}-{self.span_id}-01"


def new_context() -> TraceContext:
    """Make a context that nobody has used."""
    return TraceContext(secrets.token_hex(16), secrets.token_hex(8))


class RepeatableContexts:
    """Contexts that are the same in each run: they follow from the test and the number of its request."""

    def __init__(self) -> None:
        self._numbers: dict[str, count[int]] = {}

    def next(self, test: str) -> TraceContext:
        """Give the context of the test's next request."""
        number = next(self._numbers.setdefault(test, count(1)))
        digest = hashlib.sha256(f"{test} {number}".encode()).hexdigest()
        return TraceContext(digest[:32], digest[32:48])
