"""Where an error began."""

from __future__ import annotations

from collections.abc import Callable

from console.analysis.forest import Node, walk
from console.model import Span


def has_status_error(span: Span) -> bool:
    """Say whether a span failed by its status."""
    return span.failed


def origins(roots: list[Node], failed: Callable[[Span], object] = has_status_error) -> set[str]:
    """Give the ids of the failed spans below which nothing failed; what failed above them failed because of them.

    Args:
        roots: the trees of a trace.
        failed: says whether a span did: by its status, or by more than that, see `console.analysis.outcome`.
    """
    failed_within: set[str] = set()
    origin: set[str] = set()
    for node in reversed(list(walk(roots))):  # children before their parents
        below = any(child.span.span_id in failed_within for child in node.children)
        broken = bool(failed(node.span))
        if broken and not below:
            origin.add(node.span.span_id)
        if broken or below:
            failed_within.add(node.span.span_id)
    return origin
