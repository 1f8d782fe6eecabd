"""What the console holds: traces, spans and log records as OTLP defines them.

Ids are lower-case hex (a trace id 32 digits, a span id 16); times are nanoseconds since the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar

Value: TypeAlias = "str | bool | int | float | bytes | list[Value] | dict[str, Value] | None"
Attributes: TypeAlias = dict[str, Value]

TENANT = "tenant.id"


class Kind(StrEnum):
    """Which side of a call a span is; the values are the words of Jaeger's API."""

    UNSPECIFIED = ""
    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Status(StrEnum):
    """How a span ended."""

    UNSET = "UNSET"
    OK = "OK"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Resource:
    """Who made a span: the service and its attributes, without ``service.name`` itself."""

    service: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which library made a span."""

    name: str = ""
    version: str = ""
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at one moment of a span."""

    name: str
    time: int
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A pointer to a span of this trace or another; both ids are empty when the sender left them out."""

    trace_id: str
    span_id: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of work; ``parent_id`` is empty for a root."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: Kind
    start: int
    end: int
    resource: Resource
    scope: Scope = field(default_factory=Scope)
    attributes: Attributes = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    status: Status = Status.UNSET
    status_message: str = ""
    trace_state: str = ""

    @property
    def service(self) -> str:
        """The name of the service that made the span."""
        return self.resource.service

    @property
    def duration(self) -> int:
        """How long the span took in nanoseconds; 0 when it ends before it starts."""
        return max(0, self.end - self.start)

    @property
    def failed(self) -> bool:
        """Whether the span ended with status ERROR."""
        return self.status is Status.ERROR


@dataclass(frozen=True, slots=True)
class LogRecord:
    """Something that was logged; ids are empty outside of a trace.

    Attributes:
        number: grows with the order of arrival.
        time: when it happened, else when it was observed.
        severity: OTLP's number, 1 to 24, or 0: 9 and up is INFO, 13 WARN, 17 ERROR.
        level: the severity in the sender's words, else in OTLP's.
    """

    number: int
    time: int
    severity: int
    level: str
    body: Value
    resource: Resource
    scope: Scope = field(default_factory=Scope)
    attributes: Attributes = field(default_factory=dict)
    trace_id: str = ""
    span_id: str = ""
    event_name: str = ""

    @property
    def service(self) -> str:
        """The name of the service that logged it."""
        return self.resource.service


@dataclass(frozen=True, slots=True)
class Trace:
    """The spans that share a trace id, at least one, in the order of their start."""

    trace_id: str
    spans: tuple[Span, ...]

    @property
    def start(self) -> int:
        """When the first span starts."""
        return min(span.start for span in self.spans)

    @property
    def end(self) -> int:
        """When the last span ends; never before ``start``."""
        return max(max(span.end, span.start) for span in self.spans)

    @property
    def duration(self) -> int:
        """The time from the first start to the last end in nanoseconds."""
        return self.end - self.start

    @property
    def root(self) -> Span:
        """The first span without a parent; without one the first whose parent is not here, else the first of all."""
        return root_of(self.spans)

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services in the order in which they appear."""
        return tuple(dict.fromkeys(span.service for span in self.spans))

    @property
    def errors(self) -> int:
        """How many spans failed."""
        return sum(span.failed for span in self.spans)

    @property
    def tenants(self) -> tuple[str, ...]:
        """The tenants that the spans name: one in a healthy trace."""
        named = (span.attributes.get(TENANT) for span in self.spans)
        return tuple(dict.fromkeys(tenant for tenant in named if isinstance(tenant, str)))


def trace_of(spans: list[Span]) -> Trace:
    """Make a trace of spans with one trace id; the list must not be empty."""
    ordered = sorted(spans, key=lambda span: (span.start, span.span_id))
    return Trace(ordered[0].trace_id, tuple(ordered))


class Related(Protocol):
    """A span, as far as its place among others goes."""

    @property
    def span_id(self) -> str: ...  # noqa: D102  see Span

    @property
    def parent_id(self) -> str: ...  # noqa: D102  see Span


_S = TypeVar("_S", bound=Related)


def root_of(spans: Sequence[_S]) -> _S:
    """Give the root of spans that are in the order of their start, at least one; see `Trace.root`."""
    for span in spans:
        if not span.parent_id:
            return span
    ids = {span.span_id for span in spans}
    return next((span for span in spans if span.parent_id not in ids), spans[0])
