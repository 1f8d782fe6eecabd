"""How a finding is said, on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Callable

from console.tree import count_text, duration_text, short_name
from console.why.answer import FEWEST_TRACES, Answer
from console.why.change import Change, Kind, Share
from console.why.seen import NOBODY, Operation
from console.why.who import Met


def operation_text(operation: Operation) -> str:
    """Name an operation: order INSERT orders."""
    return f"{operation.service} {short_name(operation.name) or '(no name)'}"


def headline(change: Change) -> str:
    """Say in a line what is different."""
    return _HEADLINES[change.what.kind](change)


def figures(change: Change) -> str:
    """Say in how many traces."""
    return f"in {_of(change.after)} traces, before in {_of(change.before)}"


def met_text(met: Met) -> str:
    """Say whom it meets, and whom it does not."""
    return f"{', '.join(map(str, met.values))}: {_of(met.inside)}, of the others {_of(met.elsewhere)}"


def summary(answer: Answer) -> str:
    """Say in a line what was compared, and what came of it where nothing did."""
    compared = f"{count_text(answer.after, 'trace')} compared with {answer.before} before"
    if answer.is_too_little:
        return f"too little to tell: {compared}, and at least {FEWEST_TRACES} each are needed"
    return compared if answer.findings else f"nothing has changed: {compared}"


def _fails(change: Change) -> str:
    return f"{operation_text(change.what.operation)} fails: {change.what.failure}"


def _clock(change: Change) -> str:
    return f"{operation_text(change.what.operation)} is timed by a clock that is wrong"


def _new(change: Change) -> str:
    word = "more often" if change.before.hits else "now, and did not before"
    return f"{_caller(change)} calls {operation_text(change.what.operation)} {word}"


def _repeated(change: Change) -> str:
    called = operation_text(change.what.operation)
    return f"{_caller(change)} calls {called} {count_text(change.now, 'time')}, not {change.usual}"


def _gone(change: Change) -> str:
    called = operation_text(change.what.operation)
    if change.now:
        return f"{_caller(change)} calls {called} {count_text(change.now, 'time')}, not {change.usual}"
    return f"{_caller(change)} does not call {called}"


def _slower(change: Change) -> str:
    took, usual = duration_text(change.now), duration_text(change.usual)
    return f"{operation_text(change.what.operation)} takes {took} by itself, not {usual}"


def _all_slower(change: Change) -> str:
    return f"everything is slower alike: {duration_text(change.now)}, not {duration_text(change.usual)}"


_HEADLINES: dict[Kind, Callable[[Change], str]] = {
    Kind.FAILS: _fails,
    Kind.CLOCK: _clock,
    Kind.NEW: _new,
    Kind.REPEATED: _repeated,
    Kind.GONE: _gone,
    Kind.SLOWER: _slower,
    Kind.ALL_SLOWER: _all_slower,
}


def _caller(change: Change) -> str:
    return "somebody" if change.what.caller == NOBODY else operation_text(change.what.caller)


def _of(share: Share) -> str:
    return f"{share.hits} of {share.of}"
