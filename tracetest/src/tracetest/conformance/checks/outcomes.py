"""What a call's span says about its outcome."""

from __future__ import annotations

from collections.abc import Iterator

from grpc import StatusCode

from tracetest import names
from tracetest.conformance.errors import NotApplicable, require
from tracetest.conformance.fault_injection import failures
from tracetest.conformance.instance import Instance
from tracetest.conformance.rpc.calls import WITHIN, Exchange
from tracetest.conformance.subject import Subject
from tracetest.model import Span
from tracetest.names import SERVER_ERRORS

_EXCEPTION = "exception"


def success_spans(subject: Subject) -> None:
    """Look at the spans of calls that do what they were asked for."""
    instance = subject.running
    require(*_wrong(instance, [instance.account.call(method) for method in instance.account.working]))


def refusal_spans(subject: Subject) -> None:
    """Look at the spans of calls that are the caller's mistake: each method is called with an empty request."""
    instance = subject.running
    account = instance.account
    begun = [instance.caller.begin(each, b"", account.tenant) for each in instance.methods if not each.streams]
    refused = [each for each in (call.finish() for call in begun) if each.code is not StatusCode.OK]
    if not refused:
        raise NotApplicable("every method takes an empty request")
    require(*_wrong(instance, refused))


def failure_spans(subject: Subject) -> None:
    """Look at the spans of calls that fail by the service, or by what is behind it."""
    problems: list[str] = []
    failed = 0
    for instance, exchange in failures(subject):
        if exchange.code in SERVER_ERRORS:
            failed += 1
            problems += _wrong(instance, [exchange])
    if not failed:
        raise NotApplicable("no call failed while a dependency of the service was unavailable")
    require(*problems)


def span_problems(span: Span, exchange: Exchange) -> Iterator[str]:
    """Say in what a server's span differs from what a call that ended so must leave."""
    code = exchange.code
    is_error = code in SERVER_ERRORS
    expected: dict[str, object] = {
        names.RPC_SYSTEM_NAME: names.RPC_SYSTEM_GRPC,
        names.RPC_METHOD: exchange.method.name,
        names.RPC_RESPONSE_STATUS_CODE: code.name,
        names.ERROR_TYPE: code.name if is_error else None,
    }
    if span.name != exchange.method.name:
        yield f"its name is {span.name!r}, expected {exchange.method.name!r}"
    status = "ERROR" if is_error else "UNSET"
    if span.status != status:
        whose = "the service's failure" if is_error else "no failure of the service's"
        yield f"its status is {span.status}, expected {status}: {code.name} is {whose}"
    for name, value in expected.items():
        if span.attributes.get(name) != value:
            yield f"{name} is {span.attributes.get(name, 'not there')}, expected {value or 'it not to be there'}"
    exceptions = sum(event.name == _EXCEPTION for event in span.events)
    if exceptions > is_error:
        yield f"it has {exceptions} exception events, expected {'one at most' if is_error else 'none'}"


def _wrong(instance: Instance, exchanges: list[Exchange]) -> Iterator[str]:
    for exchange in exchanges:
        _trace, span = instance.served(exchange, WITHIN)
        differences = list(span_problems(span, exchange))
        if differences:
            yield f"the span of {exchange}: {'; '.join(differences)}"
