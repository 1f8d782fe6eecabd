"""What is said of the same trace on each backend."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tracetest import Trace

Verdict = Callable[[Trace, Any], str]


@pytest.fixture(scope="session")
def verdict() -> Verdict:
    """Give a function that gives the message of a failure without ids, times and links; empty for what is true."""

    def said(trace: Trace, expectation: Any) -> str:
        try:
            trace.expect(expectation)
        except AssertionError as error:
            lines = [line for line in str(error).splitlines() if "://" not in line]
            return re.sub(r"[0-9a-f]{16,32}|[\d.]+ ms", "…", "\n".join(lines))
        return ""

    return said
