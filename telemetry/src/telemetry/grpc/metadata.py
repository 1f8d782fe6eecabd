"""gRPC metadata as a carrier of context."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.propagators.textmap import Getter, Setter

from telemetry.inbound import is_short_enough

Entry = tuple[str, str | bytes]
RawMetadata = Iterable[Entry]


class _MetadataGetter(Getter[dict[str, list[str]]]):
    """Reads texts of metadata, but those that are too long to be context, and baggage that nobody wants."""

    def __init__(self, *, baggage: bool) -> None:
        self._hidden = None if baggage else "baggage"

    def get(self, carrier: dict[str, list[str]], key: str) -> list[str] | None:
        name = key.lower()
        values = carrier.get(name)
        if values is None or name == self._hidden or not all(is_short_enough(name, value) for value in values):
            return None
        return values

    def keys(self, carrier: dict[str, list[str]]) -> list[str]:
        return list(carrier)


class _Appending(Setter[list[Entry]]):
    def set(self, carrier: list[Entry], key: str, value: str) -> None:
        carrier.append((key.lower(), value))


WITH_BAGGAGE = _MetadataGetter(baggage=True)
WITHOUT_BAGGAGE = _MetadataGetter(baggage=False)
APPEND = _Appending()


def texts(metadata: RawMetadata | None) -> dict[str, list[str]]:
    """Give the metadata's texts by key; binary values are no carriers of context."""
    found: dict[str, list[str]] = {}
    for key, value in metadata or ():
        if isinstance(value, str):
            found.setdefault(key, []).append(value)
    return found
