"""gRPC metadata as a carrier of context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from grpc import aio
from opentelemetry.baggage import get_all
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter, Setter, TextMapPropagator
from opentelemetry.trace import Link

from telemetry.context.baggage import BaggagePropagator
from telemetry.context.inbound import CallerContext, is_short_enough
from telemetry.context.propagation import JoinedPropagator
from telemetry.context.tenant import TENANT_METADATA, InvalidTenant, current_tenant, with_tenant
from telemetry.context.unrecorded import UnrecordedContext, unrecorded
from telemetry.context.w3c import TRACEPARENT, TRACESTATE, TraceContextPropagator, UnsampledSpan, is_unsampled
from telemetry.edge.policy import Trust
from telemetry.semconv import TENANT_ID

Entry = tuple[str, str | bytes]
RawMetadata = Iterable[Entry]


class _MetadataGetter(Getter[dict[str, list[str]]]):
    """Reads text metadata, except for values that are too long to be context."""

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
_APPEND = _Appending()


class CallContextWriter:
    """Writes the metadata of an outgoing call: the context, and the tenant under its own key.

    Args:
        propagator: Writes the context.
    """

    def __init__(self, propagator: TextMapPropagator) -> None:
        self._propagator = propagator
        parts = propagator.parts if isinstance(propagator, JoinedPropagator) else ()
        is_usual = [type(part) for part in parts] == [TraceContextPropagator, BaggagePropagator]
        self._of_trace = parts[0] if is_usual else None

    def entries(self, context: Context) -> tuple[Entry, ...]:
        """Return the metadata entries."""
        if self._of_trace is not None and isinstance(context, UnrecordedContext):
            # Baggage carries the tenant for spans, and this trace has none.
            parent = (TRACEPARENT, context.span.traceparent)
            return (parent,) if context.tenant is None else (parent, (TENANT_METADATA, context.tenant))
        told: list[Entry] = []
        tenant = current_tenant(context)
        if tenant and self._of_trace is not None and get_all(context) == {TENANT_ID: tenant}:
            self._of_trace.inject(told, context, setter=_APPEND)
            return (*told, *_of_tenant_alone(tenant))
        self._propagator.inject(told, context, setter=_APPEND)
        return (*told, (TENANT_METADATA, tenant)) if tenant else tuple(told)


@lru_cache(maxsize=1024)
def _of_tenant_alone(tenant: str) -> tuple[Entry, ...]:
    """Return the entries of a context whose only baggage is the tenant, as in most calls."""
    told: list[Entry] = []
    BaggagePropagator().inject(told, with_tenant(tenant, Context()), setter=_APPEND)
    return (*told, (TENANT_METADATA, tenant))


class ReadyMetadata(tuple[Entry, ...], aio.Metadata):  # type: ignore[misc]  # gRPC's is a mapping besides
    """Metadata entries that gRPC sends unchanged: a tuple that it takes for its own Metadata.

    gRPC converts a plain tuple to a mapping of lists and back: more work than everything else in a call whose trace is
    not recorded.
    """

    __slots__ = ()
    __init__ = object.__init__  # gRPC's would convert it to a mapping


# What a trusted caller's metadata says: the parent of the call's span, with the tenant; links to the context of an
# untrusted one; and whether the tenant's id is invalid.
Inbound = tuple[Context, Sequence[Link], bool]


def read_call(caller: CallerContext, metadata: RawMetadata | None, trust: Trust) -> Inbound:
    """Read a call's metadata; invalid metadata never raises."""
    if caller.is_plain and trust.trace and trust.tenant and not trust.baggage:
        unsampled = _read_unsampled(metadata or ())
        if unsampled is not None:
            return unsampled
    found = texts(metadata)
    tenants = found.get(TENANT_METADATA) if trust.tenant else None
    context, forged = _of_tenant(tenants[0] if tenants else None)
    context, links = caller.read(found, _GETTER, context, trusted=trust.trace, kept=trust.baggage)
    return context, links, forged


def _read_unsampled(metadata: RawMetadata) -> Inbound | None:
    """Do the same with less work for the most frequent metadata where few traces are recorded; None for other."""
    parent, tenant = None, None
    for key, value in metadata:
        if key == TRACEPARENT:
            parent = value if parent is None else parent
        elif key == TENANT_METADATA:
            tenant = value if tenant is None else tenant
        elif key == TRACESTATE:
            return None
    if not isinstance(parent, str) or isinstance(tenant, bytes) or not is_unsampled(parent):
        return None
    span = UnsampledSpan(parent)
    try:
        return unrecorded(span, tenant), (), False
    except InvalidTenant:
        return unrecorded(span), (), True


def _of_tenant(tenant: str | None) -> tuple[Context, bool]:
    """Return the context with the tenant, and whether the tenant's id is invalid."""
    if tenant is None:
        return Context(), False
    try:
        return with_tenant(tenant, Context()), False
    except InvalidTenant:
        return Context(), True


def texts(metadata: RawMetadata | None) -> dict[str, list[str]]:
    """Return the text metadata by key; binary values carry no context."""
    found: dict[str, list[str]] = {}
    for key, value in metadata or ():
        if isinstance(value, str):
            found.setdefault(key, []).append(value)
    return found
