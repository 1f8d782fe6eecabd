"""gRPC metadata as a carrier of context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter
from opentelemetry.trace import Link

from telemetry.edge import Trust
from telemetry.inbound import CallerContext, is_short_enough
from telemetry.tenant import TENANT_METADATA, InvalidTenant, with_tenant

Entry = tuple[str, str | bytes]
RawMetadata = Iterable[Entry]


class _MetadataGetter(Getter[dict[str, list[str]]]):
    """Reads texts of metadata, but those that are too long to be context."""

    def get(self, carrier: dict[str, list[str]], key: str) -> list[str] | None:
        name = key.lower()
        values = carrier.get(name)
        if values is None:
            return None
        for value in values:
            if not is_short_enough(name, value):
                return None
        return values

    def keys(self, carrier: dict[str, list[str]]) -> list[str]:
        return list(carrier)


class _Appending(Setter[list[Entry]]):
    def set(self, carrier: list[Entry], key: str, value: str) -> None:
        carrier.append((key.lower(), value))


_GETTER = _MetadataGetter()
APPEND = _Appending()


class Inbound(NamedTuple):
    """What a caller's metadata says, as far as he is believed.

    Attributes:
        context: The parent of the call's span, with the tenant.
        links: To what he says that is not believed.
        forged: His tenant is no tenant's id.
    """

    context: Context
    links: Sequence[Link]
    forged: bool


def read_call(caller: CallerContext, metadata: RawMetadata | None, trust: Trust) -> Inbound:
    """Read a call's metadata; whatever it is, this does not raise."""
    found = texts(metadata)
    context, forged = Context(), False
    if trust.tenant and (tenants := found.get(TENANT_METADATA)):
        try:
            context = with_tenant(tenants[0], context)
        except InvalidTenant:
            forged = True
    context, links = caller.read(found, _GETTER, context, trusted=trust.trace, kept=trust.baggage)
    return Inbound(context, links, forged)


def texts(metadata: RawMetadata | None) -> dict[str, list[str]]:
    """Give the metadata's texts by key; binary values are no carriers of context."""
    found: dict[str, list[str]] = {}
    for key, value in metadata or ():
        if isinstance(value, str):
            found.setdefault(key, []).append(value)
    return found
