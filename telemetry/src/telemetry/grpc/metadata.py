"""gRPC metadata as a carrier of context."""

from __future__ import annotations

from collections.abc import Iterable

from grpc import aio
from opentelemetry.propagators.textmap import Getter, Setter

RawMetadata = Iterable[tuple[str, str | bytes]]


class _MetadataGetter(Getter[dict[str, list[str]]]):
    def get(self, carrier: dict[str, list[str]], key: str) -> list[str] | None:
        return carrier.get(key.lower())

    def keys(self, carrier: dict[str, list[str]]) -> list[str]:
        return list(carrier)


class _MetadataSetter(Setter[aio.Metadata]):
    def set(self, carrier: aio.Metadata, key: str, value: str) -> None:
        carrier[key.lower()] = value


GETTER = _MetadataGetter()
SETTER = _MetadataSetter()


def texts(metadata: RawMetadata | None) -> dict[str, list[str]]:
    """Give the metadata's texts by key; binary values are no carriers of context."""
    found: dict[str, list[str]] = {}
    for key, value in metadata or ():
        if isinstance(value, str):
            found.setdefault(key, []).append(value)
    return found
