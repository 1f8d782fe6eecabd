"""Traces as text: a line a span, a step to the right for what it caused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from telemetry.testing.model import Span, Status, Trace

INDENT = "  "


class Described(Protocol):
    """What a span and an expected span have in common."""

    @property
    def service(self) -> str: ...  # noqa: D102  the protocol's members say what they are

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def kind(self) -> str | None: ...  # noqa: D102

    @property
    def status(self) -> Status: ...  # noqa: D102


def draw(trace: Trace) -> Iterator[str]:
    """Give the lines of a trace; a span whose parent is not there is a root."""
    for root in trace.roots:
        yield from _draw(trace, root, 0)


def title(of: Described) -> str:
    """Give service, name and kind, and a status that is not UNSET."""
    return "  ".join(filter(None, (of.service, of.name, of.kind, "" if of.status == "UNSET" else of.status)))


def _draw(trace: Trace, span: Span, depth: int) -> Iterator[str]:
    yield INDENT * depth + title(span)
    for child in trace.children(span):
        yield from _draw(trace, child, depth + 1)
