"""How a check ends when it does not pass.

Exception
├── AssertionError
│   └── Violation          the service breaks the check's rule; the message says how
└── unittest.SkipTest      which pytest takes for a test that was skipped
    └── NotApplicable      the rule says nothing about such a service, or this way of reaching it; the message says why
"""

from __future__ import annotations

from unittest import SkipTest


class Violation(AssertionError):  # noqa: N818  it reads as what it is
    """The service does not keep a rule.

    Args:
        problems: Each in words, with what was seen and what is right.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))


class NotApplicable(SkipTest):
    """The check says nothing about this service; the message says why."""


def require(*problems: str) -> None:
    """Raise Violation when there is a problem; empty texts are none."""
    found = [problem for problem in problems if problem]
    if found:
        raise Violation(*found)
