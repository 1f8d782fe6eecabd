"""Where a process spends its time, by package: samples of its main thread's stack.

A sample belongs to the innermost function that is not of the standard library: what `json` does for a framework is the
framework's. What no package is on the stack for is the event loop's.
"""

from __future__ import annotations

import signal
import sys
from collections import Counter
from types import FrameType

_EVERY = 0.001  # seconds of CPU, of all threads; the kernel makes its own tick of it, 1 to 10 ms
_IN_PARTS = {"telemetry", "opentelemetry"}
_NOBODYS = {*sys.stdlib_module_names, "__main__"}
LOOP = "the event loop"


class Profile:
    """Takes samples; used in the main thread."""

    def __init__(self) -> None:
        self._samples: Counter[str] = Counter()

    def start(self) -> None:
        """Take samples from now on."""
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)

    def stop(self) -> dict[str, float]:
        """Take no more; give the share of each package."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        taken = self._samples.total()
        return {package: count / taken for package, count in self._samples.items()}

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        self._samples[package_of(frame)] += 1


def package_of(frame: FrameType | None) -> str:
    """Give the package that runs: a part of telemetry or of OpenTelemetry by two words, all else by the first."""
    while frame is not None:
        first, *more = str(frame.f_globals.get("__name__", "")).split(".")
        if first in _IN_PARTS:
            return ".".join([first, *more[:1]])
        if first not in _NOBODYS and not first.startswith("namedtuple_"):
            return first
        frame = frame.f_back
    return LOOP
