"""A caller's deadline and cancellation: obeyed, and passed on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from grpc import StatusCode

from tracetest.conformance.checks.outcomes import span_problems
from tracetest.conformance.errors import Violation, require
from tracetest.conformance.fault_injection import Hanging, hanging, outgoing
from tracetest.conformance.instance import Instance
from tracetest.conformance.rpc.calls import Exchange
from tracetest.conformance.subject import Subject

_TIMEOUT = 1.0
_LONG_TIMEOUT = 30.0
_SLACK = 2.0  # seconds, of a machine that is busy
_ROUNDED = 1.01  # gRPC writes a time-out with two or three digits, rounded up


def deadline_kept(subject: Subject) -> None:
    """Let the service wait, and see that it does not go on when the caller's time is up."""
    with _of_its_own(subject) as instance, hanging(instance) as something:
        exchange = something.begin(_TIMEOUT).finish()
        _ends_with(instance, something, exchange, StatusCode.DEADLINE_EXCEEDED)


def cancellation_kept(subject: Subject) -> None:
    """Let the service wait, leave it, and see that it does not go on."""
    with _of_its_own(subject) as instance, hanging(instance) as something:
        call = something.begin(_LONG_TIMEOUT)
        call.cancel()
        _ends_with(instance, something, call.finish(), StatusCode.CANCELLED)


def deadline_passed_on(subject: Subject) -> None:
    """See how much time a call has that is made for a caller."""
    instance = subject.running
    problems = []
    for out in outgoing(instance):
        before = len(out.mock_server.calls)
        instance.account.call(out.method, timeout=_SLACK)
        left = out.mock_server.calls[before].time_left
        if left is None or left > _SLACK * _ROUNDED:
            has = "no deadline" if left is None else f"{left:.1f} s"
            problems.append(
                f"{out.method.name} called {out.variable} with {has}: expected at most the {_SLACK:g} s of its caller"
            )
    require(*problems)


def cancellation_passed_on(subject: Subject) -> None:
    """Leave a call that waits for another service, and see that service told."""
    instance = subject.running
    problems = []
    for out in outgoing(instance):
        with out.mock_server.hanging():
            before = len(out.mock_server.calls)
            call = instance.account.begin(out.method, timeout=_LONG_TIMEOUT)
            if not out.mock_server.wait_for(before + 1):
                raise Violation(f"{out.method.name} did not call {out.variable}")
            call.cancel()
            if not out.mock_server.calls[before].ended.wait(_SLACK):
                problems.append(
                    f"{out.method.name}: its call of {out.variable} went on {_SLACK:g} s after the caller had left"
                )
    require(*problems)


@contextmanager
def _of_its_own(subject: Subject) -> Iterator[Instance]:
    """Give one that may be spoilt where only SQLite can make it wait: a statement that is left holds up later ones."""
    running = subject.running
    running.traced()
    if running.mock_servers or running.database is None:
        yield running
        return
    with subject.start({}) as (instance, _process):
        yield instance


def _ends_with(instance: Instance, something: Hanging, exchange: Exchange, code: StatusCode) -> None:
    if exchange.code is not code:
        raise Violation(f"{exchange}: expected {code.name}")
    if not something.can_be_left:
        something.let_go()
    found = instance.find_served(exchange, within=_SLACK)
    if found is None:
        raise Violation(
            f"{exchange}: the service went on: its span has not ended {_SLACK:g} s after the caller was gone"
        )
    require(*(f"the span of {exchange}: {each}" for each in span_problems(found[1], exchange)))
