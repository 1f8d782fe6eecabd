"""Makes a service wait or fail through its dependencies, so that no method has to be made for a check."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from grpc import StatusCode

from tracetest.conformance.environment.databases import can_lock, is_written, locked
from tracetest.conformance.environment.mock_server import MockServer
from tracetest.conformance.errors import NotApplicable, Violation
from tracetest.conformance.instance import Instance
from tracetest.conformance.rpc.calls import Exchange, OpenCall
from tracetest.conformance.rpc.reflection import Method
from tracetest.conformance.subject import Subject

# How long a call has to be under way to be taken for one that waits: seconds, and times what it took before.
_WAITS, _TIMES = 0.3, 10

# The error message of a failing dependency; callers of the tested service must not see it.
INTERNALS = f"conformance-{secrets.token_hex(6)} at /srv/app/store.py:42"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A method that calls another service.

    Attributes:
        method: What is called.
        variable: The environment variable with the address of the other service.
        mock_server: The mock of that service.
    """

    method: Method
    variable: str
    mock_server: MockServer


def outgoing(instance: Instance) -> list[Outgoing]:
    """Give, for each service that is called, a method that does; raise NotApplicable when none is called."""
    if not instance.mock_servers:
        raise NotApplicable("the service calls no other service that the suite mocks")
    found: dict[str, Outgoing] = {}
    for method in instance.account.working:
        before = {name: len(each.calls) for name, each in instance.mock_servers.items()}
        instance.account.call(method)
        for name, mock_server in instance.mock_servers.items():
            if len(mock_server.calls) > before[name]:
                found.setdefault(name, Outgoing(method, name, mock_server))
    silent = sorted(instance.mock_servers.keys() - found.keys())
    if silent:
        called = ", ".join(method.name for method in instance.account.working)
        raise Violation(f"{', '.join(silent)}: not called by any of {called}; say what is to be in a request")
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Hanging:
    """Something that a service waits for hangs.

    Attributes:
        begin: Begins a call with so many seconds, which is still being served when it is given.
        let_go: Lets the service continue.
        can_be_left: Whether the service can stop waiting; it cannot for a SQLite statement.
    """

    begin: Callable[[float], OpenCall]
    let_go: Callable[[], None]
    can_be_left: bool


@contextmanager
def hanging(instance: Instance) -> Iterator[Hanging]:
    """Let something hang that the service waits for; raise NotApplicable when nothing is known."""
    with ExitStack() as stack:
        if instance.mock_servers:
            out = outgoing(instance)[0]
            stack.enter_context(out.mock_server.hanging())
            begin = partial(_begin_outgoing, instance, out)
        elif instance.database is not None and can_lock(instance.database):
            begin = partial(_begin_waiting, instance, _find_writing(instance, instance.database))
            stack.enter_context(locked(instance.database))
        else:
            raise NotApplicable("nothing is known that the service waits for: no other service, and no SQLite file")
        yield Hanging(begin, stack.close, can_be_left=bool(instance.mock_servers))


def failures(subject: Subject) -> Iterator[tuple[Instance, Exchange]]:
    """Give calls that fail because what the service needs has failed; raise NotApplicable when it needs nothing."""
    instance = subject.running
    reasons = []
    try:
        for out in outgoing(instance):
            for code in (StatusCode.INTERNAL, StatusCode.UNAVAILABLE):
                with out.mock_server.failing(code, INTERNALS):
                    yield instance, instance.account.call(out.method)
    except NotApplicable as reason:
        reasons.append(str(reason))
    try:
        bereft = subject.without_database
    except NotApplicable as reason:
        reasons.append(str(reason))
    else:
        account = bereft.open_account()
        yield from ((bereft, last) for method, last in account.last.items() if not method.streams and not last.worked)
    if len(reasons) == 2:  # noqa: PLR2004  neither of both
        raise NotApplicable("; ".join(reasons))


def _begin_outgoing(instance: Instance, out: Outgoing, timeout: float) -> OpenCall:
    before = len(out.mock_server.calls)
    call = instance.account.begin(out.method, timeout=timeout)
    if not out.mock_server.wait_for(before + 1):
        raise Violation(f"{out.method.name}: {out.variable} was not called; the call: {call.finish()}")
    return call


def _find_writing(instance: Instance, database: str) -> Method:
    for method in instance.account.working:
        if is_written(database, partial(instance.account.call, method)):
            return method
    raise NotApplicable("nothing is known that the service waits for: no method writes to its database")


def _begin_waiting(instance: Instance, method: Method, timeout: float) -> OpenCall:
    """Nobody sees the service wait for a lock: a call that takes many times longer than it did before must."""
    usual = instance.account.last[method].seconds
    call = instance.account.begin(method, timeout=timeout)
    if call.is_done(min(max(_WAITS, _TIMES * usual), timeout / 2)):
        raise Violation(f"{call.finish()}: ended while its database was locked; expected it to wait")
    return call
