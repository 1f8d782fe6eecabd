"""Where an error began."""

from __future__ import annotations

from console.analysis.forest import Node, walk


def origins(roots: list[Node]) -> set[str]:
    """Give the ids of the failed spans below which nothing failed; what failed above them failed because of them."""
    failed_within: set[str] = set()
    origin: set[str] = set()
    for node in reversed(list(walk(roots))):  # children before their parents
        below = any(child.span.span_id in failed_within for child in node.children)
        if node.span.failed and not below:
            origin.add(node.span.span_id)
        if node.span.failed or below:
            failed_within.add(node.span.span_id)
    return origin
