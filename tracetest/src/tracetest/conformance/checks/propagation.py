"""The trace and the tenant of a caller, taken over and passed on."""

from __future__ import annotations

from collections.abc import Iterator

from tracetest import names
from tracetest.conformance.errors import NotApplicable, Violation, require
from tracetest.conformance.fault_injection import outgoing
from tracetest.conformance.instance import Instance
from tracetest.conformance.rpc.calls import Exchange
from tracetest.conformance.subject import Subject
from tracetest.fetched import Trace
from tracetest.model import Span
from tracetest.names import TENANT_METADATA


def trace_continued(subject: Subject) -> None:
    """Find the server's span of each method right below the caller's."""
    require(*_not_continued(subject.running))


def trace_passed_on(subject: Subject) -> None:
    """Check that the client's span is below the server's, and that the called service receives it."""
    instance = subject.running
    instance.traced()
    if not instance.mock_servers:
        _database_below(instance)
        return
    problems = []
    for out in outgoing(instance):
        before = len(out.mock_server.calls)
        exchange = instance.account.call(out.method)
        trace, _span = instance.served(exchange)
        sent = out.mock_server.calls[before].metadata.get("traceparent", "")
        clients = {f"{trace.trace_id}-{each.span_id}" for each in trace if each.kind == "CLIENT"}
        if sent[3:52] not in clients:
            problems.append(
                f"{exchange.method.name} called {out.variable} with traceparent={sent or 'none'}: expected trace id "
                f"{trace.trace_id} and the id of a CLIENT span in it"
            )
    require(*problems)


def tenant_passed_on(subject: Subject) -> None:
    """Find the tenant on each span, and with each call that is made for it."""
    instance = subject.running
    problems: list[str] = []
    for out in outgoing(instance) if instance.mock_servers else ():
        before = len(out.mock_server.calls)
        instance.account.call(out.method)
        sent = out.mock_server.calls[before].metadata.get(TENANT_METADATA)
        if sent != instance.account.tenant:
            problems.append(f"{out.method.name} called {out.variable} with {TENANT_METADATA}={sent or 'none'}")
    if instance.traces is not None:
        exchange = instance.account.call(instance.account.working[0])
        trace, _span = instance.served(exchange)
        problems += _without_tenant(trace, exchange)
    elif not instance.mock_servers:
        instance.traced()
    require(*(f"{each}: expected {instance.account.tenant}, the caller's" for each in problems))


def _not_continued(instance: Instance) -> Iterator[str]:
    for method in instance.account.working:
        exchange = instance.account.call(method)
        _trace, span = instance.served(exchange)
        if span.parent_id != exchange.context.span_id:
            yield (
                f"{method.name}: the parent of its SERVER span is {span.parent_id or 'nobody'}, "
                f"expected {exchange.context.span_id}, the caller's span"
            )


def _database_below(instance: Instance) -> None:
    traces = [instance.served(instance.account.call(method)) for method in instance.account.working]
    found = [(trace, each) for trace, _span in traces for each in trace if names.DB_SYSTEM_NAME in each.attributes]
    if not found:
        if instance.database is None:
            raise NotApplicable("the service calls no other service that the suite mocks, and has no database")
        raise Violation("no method left a span of its database: expected CLIENT spans below the SERVER span")
    require(
        *(
            f"{each.name}: expected it below the SERVER span"
            for trace, each in found
            if not _is_below_server(trace, each)
        )
    )


def _is_below_server(trace: Trace, span: Span) -> bool:
    parent = trace.parent(span)
    return parent is not None and (parent.kind == "SERVER" or _is_below_server(trace, parent))


def _without_tenant(trace: Trace, exchange: Exchange) -> Iterator[str]:
    for each in trace:
        tenant = each.attributes.get(names.TENANT_ID, "none")
        if tenant != exchange.tenant:
            yield f"{each.kind} span {each.name} has {names.TENANT_ID}={tenant}"
