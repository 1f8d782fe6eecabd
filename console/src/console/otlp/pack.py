"""Writes items as a request in protobuf again, byte for byte as they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from console.otlp.source import Source
from console.otlp.wire import field


class Sourced(Protocol):
    """A span, log record or metric as it came."""

    @property
    def source(self) -> Source: ...  # noqa: D102  see `console.otlp.spans`

    @property
    def wire(self) -> bytes: ...  # noqa: D102


def by_source(items: Iterable[Sourced]) -> dict[Source, list[bytes]]:
    """Group items by their source, in their order."""
    groups: defaultdict[Source, list[bytes]] = defaultdict(list)
    for item in items:
        groups[item.source].append(item.wire)
    return groups


def pack(items: Iterable[Sourced]) -> bytes:
    """Write a request that holds these items, see `console.otlp.requests` for its build."""
    return b"".join(
        field(
            1,
            field(1, source.resource_wire)
            + field(
                2,
                field(1, source.scope_wire) + b"".join(field(2, wire) for wire in wires) + _schema(source.scope_schema),
            )
            + _schema(source.resource_schema),
        )
        for source, wires in by_source(items).items()
    )


def _schema(url: bytes) -> bytes:
    return field(3, url) if url else b""
