from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.counts import Counts
from bench.launch import Launch

Make = Callable[..., Launch]


@pytest.fixture
def make() -> Make:
    """Make a launch of so many CPU microseconds a request."""

    def launch(variant: str, micro: float, number: int = 1, p99: float = 0.010) -> Launch:
        cpu = {"gateway": micro * 50e-6, "order": micro * 30e-6, "user": micro * 20e-6}
        return Launch(variant, number, 100, cpu, seconds=0.5, p50=0.002, p99=p99, counts=Counts())

    return launch
