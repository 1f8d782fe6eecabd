"""What a list of traces shows of each, and by what it can be filtered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from console.model import Kind, root_of
from console.otlp.spans import StoredSpan

_STATUS_CLASS = re.compile(r"[1-5]xx")


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A trace in one line, made without reading its spans.

    Attributes:
        trace_id: 32 hex digits.
        number: its place in the order of arrival.
        name: of its root: the first span without a parent, see `console.model.Trace.root`.
        service: of its root.
        start: nanoseconds since the epoch.
        duration: from the first start to the last end, nanoseconds.
        spans: how many; they only become more.
        errors: how many spans failed.
        services: in the order in which they appear.
        tenants: one in a healthy trace.
        routes: ``http.route`` or ``rpc.method`` of its server spans, in the order in which they appear.
        status: the RPC's or HTTP's status of its root, such as "NOT_FOUND" or "404", else "ERROR" if that failed.
    """

    trace_id: str
    number: int
    name: str
    service: str
    start: int
    duration: int
    spans: int
    errors: int
    services: tuple[str, ...]
    tenants: tuple[str, ...]
    routes: tuple[str, ...]
    status: str

    @property
    def version(self) -> tuple[str, int, int]:
        """What names the trace as it is now: another one came, or it has grown, when this is another."""
        return self.trace_id, self.number, self.spans


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """Which traces are wanted: those for which all that is given holds; "" and 0 mean any.

    Attributes:
        service: one that takes part.
        route: of one of its server spans.
        status: "error" (a span failed), "ok" (none did), or the root's: "404", "4xx", "NOT_FOUND".
        tenant: one that its spans name.
        min_duration: nanoseconds.
        text: somewhere in a span's name, attributes or events, in whatever case; or the beginning of the trace's id,
            or the id of a span.
        caller: with `callee`: the service that calls it, in an edge of `console.service_map`.
        callee: with `caller`: a service, or a database.
    """

    service: str = ""
    route: str = ""
    status: str = ""
    tenant: str = ""
    min_duration: int = 0
    text: str = ""
    caller: str = ""
    callee: str = ""

    def matches(self, trace: TraceSummary) -> bool:
        """Say whether all holds that the summary can tell: all but text, caller and callee."""
        return (
            self.service in {"", *trace.services}
            and self.route in {"", *trace.routes}
            and self.tenant in {"", *trace.tenants}
            and trace.duration >= self.min_duration
            and (not self.status or _has_status(trace, self.status.lower()))
        )


def summarize(trace_id: str, number: int, spans: Mapping[str, StoredSpan]) -> TraceSummary:
    """Make the summary of spans, at least one, that are given by their ids."""
    ordered = sorted(spans.values(), key=lambda span: (span.start, span.span_id))
    root = root_of(ordered)
    start = end = ordered[0].start
    errors = 0
    services, tenants, routes = dict[str, None](), dict[str, None](), dict[str, None]()
    for span in ordered:  # one pass, without generators: it is made for every trace that comes
        end = max(end, span.end, span.start)
        errors += span.failed
        services[span.service] = None
        if span.tenant:
            tenants[span.tenant] = None
        if span.route and span.kind is Kind.SERVER:
            routes[span.route] = None
    return TraceSummary(
        trace_id=trace_id,
        number=number,
        name=root.name,
        service=root.service,
        start=start,
        duration=end - start,
        spans=len(ordered),
        errors=errors,
        services=tuple(services),
        tenants=tuple(tenants),
        routes=tuple(routes),
        status=root.code or ("ERROR" if root.failed else ""),
    )


def _has_status(trace: TraceSummary, wanted: str) -> bool:
    if wanted in {"error", "ok"}:
        return (trace.errors > 0) == (wanted == "error")
    if _STATUS_CLASS.fullmatch(wanted):
        return trace.status.isdecimal() and trace.status.startswith(wanted[0])
    return trace.status.lower() == wanted
