"""Whether what came of a fault's request is what the catalogue says."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from grpc import StatusCode

from faults.catalogue import Answer, Fault
from telemetry import ErrorClass, Severity, semconv
from telemetry.errors import CLASS_OF_CODE, HANDLING
from tracetest import (
    Event,
    Expectation,
    Span,
    Trace,
    TraceContext,
    expect,
    log,
    metric,
    no_orphans,
    read_expectations,
    root_cause,
    same_tenant,
    span,
)
from tracetest.expectations.root_cause import root_cause_of

_CANCELLED = "cancelled"
_WITH_EXEMPLARS = ("http.server.", "rpc.")


@dataclass(frozen=True, slots=True)
class Met:
    """What came of a fault's request.

    Attributes:
        fault: What was met.
        sent: The context that the request came with.
        tenant: Whom its token was for.
        response: None when the client left before it came.
        trace: None when none has arrived.
    """

    fault: Fault
    sent: TraceContext
    tenant: str
    response: httpx.Response | None
    trace: Trace | None

    def check(self) -> None:
        """Compare answer, trace, root cause and class of the error with the catalogue; raise AssertionError."""
        __tracebackhide__ = True
        if lines := [*self._wrong_answer(), *self._wrong_arrival()]:
            raise AssertionError(f"{self.fault.id}: {'; '.join(lines)}")
        if self.trace is None:
            return
        expect(self.trace, *self._expectations(self.trace))
        if lines := list(self._wrong_class(self.trace)):
            raise AssertionError(f"{self.fault.id}: {'; '.join(lines)}")

    def _wrong_answer(self) -> Iterator[str]:
        answer = self.fault.answer
        if self.response is not None and answer is not None:
            yield from _answer_differences(self.response, answer)
        elif self.response is not None or answer is not None:
            yield f"the answer is {self.response}, expected {answer}"

    def _wrong_arrival(self) -> Iterator[str]:
        if (self.trace is None) != (self.fault.trace is None):
            arrived, expected = self.trace is not None, self.fault.trace is not None
            yield f"a trace arrived: {arrived}, expected {expected}"
        if self.trace is not None and (own := self.trace.trace_id != self.sent.trace_id) != self.fault.own_trace:
            yield f"the trace begins at the gateway: {own}, expected {self.fault.own_trace}"

    def _expectations(self, trace: Trace) -> Iterator[Expectation]:
        yield from read_expectations(self.fault.trace, f"{self.fault.id}.trace")
        yield no_orphans()
        if semconv.TENANT_ID in trace.root.attributes:
            yield same_tenant(self.tenant)
        if (action := self.fault.inject) is not None and self.fault.stops is None:
            evaluated = {"feature_flag.key": self.fault.id, "feature_flag.result.variant": "on"}
            event = Event("feature_flag.evaluation", evaluated)
            yield span(action.service, action.method, kind="SERVER", events=[event])
        yield from self._signals(trace)
        if (cause := self.fault.root_cause) is not None:
            wanted = span(cause.service, cause.name, kind=cause.kind)
            yield wanted if self.fault.error is None else root_cause(wanted)

    def _signals(self, trace: Trace) -> Iterator[Expectation]:
        """Say what must have been measured and logged, where that is kept."""
        measured, error, cause = self.fault.metric, self.fault.error, self.fault.root_cause
        if trace.metrics is not None and measured is not None and measured.name.startswith(_WITH_EXEMPLARS):
            yield metric(measured.name, service=measured.service, attributes=measured.attributes)
        if trace.logs is not None and cause is not None and error is not None and error.severity is Severity.ERROR:
            yield log(cause.service, severity=logging.getLevelName(error.severity.level))

    def _wrong_class(self, trace: Trace) -> Iterator[str]:
        """Compare the class of the span in which it began; of the edge's, where no span is at fault."""
        error = self.fault.error
        if error is None:
            return
        failed = root_cause_of(trace) if self.fault.root_cause is not None else trace.root
        while failed is not None and failed.kind == "CLIENT" and semconv.DB_SYSTEM_NAME in failed.attributes:
            failed = trace.parent(failed)  # what a database's error means, the service says
        kind = None if failed is None else _class_of(failed)
        severity = None if kind is None else HANDLING[kind].severity
        if (kind, severity) != (error.kind, error.severity):
            yield f"the error is of class {kind}, {severity}: expected {error.kind}, {error.severity}"


def _answer_differences(response: httpx.Response, answer: Answer) -> Iterator[str]:
    asked = f"{response.request.method} {response.request.url.path}"
    if response.status_code != answer.status:
        yield f"{asked}: {response.status_code}, expected {answer.status}: {response.text}"
    for name, value in answer.headers.items():
        if (given := response.headers.get(name)) != value:
            yield f"{asked}: {name} is {given!r}, expected {value!r}"
    if (title := _title(response)) != answer.title:
        yield f"{asked}: the problem is {title!r}, expected {answer.title!r}"


def _title(response: httpx.Response) -> str | None:
    """Give the title of the problem that an answer is, or that a stream of events ends with; None without one."""
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if media_type == "application/problem+json":
        return str(response.json()["title"])
    _before, begins, error = response.text.partition("event: error\n")
    if media_type == "text/event-stream" and begins:
        return str(json.loads(error.partition("data: ")[2].splitlines()[0])["title"])
    return None


def _class_of(failed: Span) -> ErrorClass | None:
    """Give the class of the error that a span has failed with."""
    if (code := failed.attributes.get(semconv.RPC_RESPONSE_STATUS_CODE)) is not None:
        return CLASS_OF_CODE.get(StatusCode[str(code)])
    if failed.attributes.get(semconv.ERROR_TYPE) == _CANCELLED:
        return ErrorClass.CANCELLED
    status = failed.attributes.get(semconv.HTTP_RESPONSE_STATUS_CODE)
    return next((kind for kind, handling in HANDLING.items() if handling.http_status == status), None)
