"""What stays inside: how the service is made, and what its callers entrusted to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracetest.conformance.errors import NotApplicable, require
from tracetest.conformance.fault_injection import INTERNALS, failures
from tracetest.conformance.rpc.calls import SECRET, Exchange
from tracetest.conformance.subject import Subject

_UNREADABLE = b"\xff\xff\xff\xff"
_MARKS = (
    (re.compile(re.escape(INTERNALS)), "what the service behind said"),
    (re.compile(r"Traceback|File \"|\.py\b|, line \d"), "a stack trace"),
    (re.compile(r"\b[A-Za-z_.]*(?:Error|Exception)\b"), "the name of an exception"),
    (
        re.compile(r"\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b|sqlite|postgres|asyncpg|sqlalchemy", re.IGNORECASE),
        "the database",
    ),
    (re.compile(r"\b127\.0\.0\.1:\d+|/[\w.-]+/[\w.-]+/[\w.-]+"), "an address or a path"),
)


def nothing_leaks(subject: Subject) -> None:
    """Let calls fail in every way there is, and read what the caller and the collector are told."""
    instance = subject.running
    problems = [problem for exchange in _failed(subject) for problem in _told_too_much(exchange)]
    if instance.sink is not None:
        instance.served(instance.account.call(instance.account.working[0]))
        written = next((text for text in instance.sink.texts if SECRET.split()[1] in text), None)
        if written is not None:
            problems.append(f"the caller's authorization was written down: {written}")
    require(*dict.fromkeys(problems))


def _failed(subject: Subject) -> Iterator[Exchange]:
    instance = subject.running
    for method in instance.methods:
        yield instance.caller.begin(method, _UNREADABLE, instance.account.tenant, timeout=1.0).finish()
        yield instance.caller.begin(method, b"", instance.account.tenant, timeout=1.0).finish()
    try:
        yield from (exchange for _instance, exchange in failures(subject))
    except NotApplicable:  # then the calls above are all that fails
        return


def _told_too_much(exchange: Exchange) -> Iterator[str]:
    said = [exchange.details, *(_text(value) for key, value in exchange.trailing)]
    for text in said:
        for mark, what in _MARKS:
            if found := mark.search(text):
                told = f"{exchange.method.name} {exchange.code.name} tells its caller of {what}"
                yield f"{told}: {found[0]!r} in {text!r}"
                break


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
