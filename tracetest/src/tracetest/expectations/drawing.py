"""Traces as text: a line a span, a step to the right for what it caused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracetest.expectations.patterns import SpanPattern
from tracetest.model import Span, Trace

INDENT = "  "


def draw(trace: Trace) -> Iterator[str]:
    """Give the lines of a trace; a span whose parent is not there is a root."""
    for root in trace.roots:
        yield from _draw(trace, root, 0)


def title(span: Span) -> str:
    """Give service, name and kind, and a status that is not UNSET."""
    return "  ".join(filter(None, (span.service, span.name, span.kind, "" if span.status == "UNSET" else span.status)))


def pattern_title(pattern: SpanPattern) -> str:
    """Give the same of what is expected, as far as it is said."""
    texts = (plain(pattern.service), plain(pattern.name), pattern.kind, pattern.status)
    return "  ".join(filter(None, texts))


def plain(text: object) -> str:
    """Write a text that is expected: as it is, a regular expression between slashes."""
    if isinstance(text, re.Pattern):
        return f"/{text.pattern}/"
    return text if isinstance(text, str) else repr(text)


def _draw(trace: Trace, span: Span, depth: int) -> Iterator[str]:
    yield INDENT * depth + title(span)
    for child in trace.children(span):
        yield from _draw(trace, child, depth + 1)
