"""Compares a trace with all that is expected of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from tracetest.expectations.chaining import Item, folded
from tracetest.expectations.drawing import draw
from tracetest.expectations.matching import Matching
from tracetest.expectations.report import explained
from tracetest.expectations.rules import Rule
from tracetest.model import Trace

Expectation: TypeAlias = Item | Rule
"""What ``expect`` checks: a pattern of spans, or a rule about the whole trace."""


def expect(trace: Trace, *expectations: Expectation) -> None:
    """Make sure that a trace is what is expected.

    Args:
        trace: What was fetched.
        expectations: Spans that must be anywhere in it, `exactly` all that is in it, `no` such spans, and rules.

    Raises:
        AssertionError: It is not; shows what was expected beside what is there, and in what they differ.
        TypeError: Something is no expectation.
    """
    __tracebackhide__ = True
    failed = [(each, lines) for each in expectations if (lines := list(problems(trace, each)))]
    if failed:
        raise AssertionError("\n".join(_told(trace, failed, len(expectations))))


def problems(trace: Trace, expectation: Expectation) -> Iterator[str]:
    """Say why a trace is not what is expected, in lines; nothing when it is."""
    if isinstance(expectation, Rule):
        yield from expectation.problems(trace)
    elif isinstance(expectation, Item):
        level = Matching(trace).anywhere(folded(expectation))
        if level.cost:
            yield from explained(trace, level)
    else:
        raise TypeError(f"{expectation!r}: expected span(…), another matcher or a rule")


def _told(trace: Trace, failed: list[tuple[Expectation, list[str]]], count: int) -> Iterator[str]:
    how_many = f"{len(failed)} of {count} expectations" if count > 1 else "the expectation"
    yield f"trace {trace.trace_id} is not what was expected: {how_many} failed"
    if trace.link:
        yield f"  {trace.link}"
    for expectation, lines in failed:
        yield ""
        yield f"{expectation!r}"
        yield from (f"  {line}".rstrip() for line in lines)
    if all(isinstance(expectation, Rule) for expectation, _lines in failed):
        yield ""
        yield "the trace:"
        yield from (f"  {line}" for line in draw(trace))
