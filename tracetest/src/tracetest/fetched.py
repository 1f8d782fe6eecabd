"""A trace as a test has it: the model, with what may be expected of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracetest import model
from tracetest.expectations.expect import Expectation, expect
from tracetest.golden.folder import GoldenFolder


@dataclass(frozen=True)
class Trace(model.Trace):
    """A trace that was fetched; see `tracetest.model.Trace`.

    Attributes:
        golden: Where its golden form is kept.
    """

    golden: GoldenFolder | None = field(default=None, repr=False, compare=False)

    def expect(self, *expectations: Expectation) -> None:
        """Raise AssertionError, which says why, when the trace is not as expected; see `tracetest`."""
        __tracebackhide__ = True
        expect(self, *expectations)

    def matches_golden(self, name: str) -> None:
        """Compare with a golden trace, see `tracetest.golden`; raise GoldenError, which lists the changes."""
        __tracebackhide__ = True
        if self.golden is None:
            raise TypeError("the trace comes from no client that knows where golden traces are")
        self.golden.check(self, name)
