"""A rule for every service, and the function that checks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracetest.conformance.subject import Subject


@dataclass(frozen=True, slots=True)
class Check:
    """One rule.

    Attributes:
        name: Its name on the command line and in reports.
        reason: Why a service must follow it.
        link: The specification or documentation that it follows.
        verify: Raises Violation, or NotApplicable.
    """

    name: str
    reason: str
    link: str
    verify: Callable[[Subject], None]

    def __call__(self, subject: Subject) -> None:
        """Find out whether the service keeps the rule.

        Raises:
            Violation: It does not.
            NotApplicable: The rule says nothing about it.
        """
        __tracebackhide__ = True
        self.verify(subject)

    def __str__(self) -> str:
        return self.name
