"""Runtime metrics: CPU time, memory, threads, and the lag of the event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.semconv._incubating.attributes.cpu_attributes import CPU_MODE
from opentelemetry.semconv._incubating.metrics.process_metrics import (
    PROCESS_CPU_TIME,
    PROCESS_MEMORY_USAGE,
    PROCESS_THREAD_COUNT,
)

EVENT_LOOP_LAG = "python.event_loop.lag"  # no convention has a name for it yet

_STATM = Path("/proc/self/statm")
_LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_LOOK_SECONDS = 0.25


def observe_process(meter: Meter) -> None:
    """Measure the process at each export; its memory on Linux only."""
    meter.create_observable_counter(PROCESS_CPU_TIME, [_cpu_time], unit="s", description="CPU seconds by mode.")
    meter.create_observable_up_down_counter(
        PROCESS_THREAD_COUNT, [_threads], unit="{thread}", description="Threads of Python's."
    )
    if _STATM.exists():
        meter.create_observable_up_down_counter(
            PROCESS_MEMORY_USAGE, [_memory], unit="By", description="Physical memory in use."
        )


class EventLoopWatch:
    """Measures the lag of the running event loop: blocking code shows here.

    Create it inside the loop; any thread may call `stop`.
    """

    def __init__(self, meter: Meter) -> None:
        self._lag = meter.create_histogram(
            EVENT_LOOP_LAG,
            unit="s",
            description="How late the event loop is.",
            explicit_bucket_boundaries_advisory=list(_LAG_BUCKETS),
        )
        self._loop = asyncio.get_running_loop()
        self._timer = self._set_timer()
        self._stopped = False

    def stop(self) -> None:
        """Stop measuring."""
        self._stopped = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._timer.cancel)

    def _set_timer(self) -> asyncio.TimerHandle:
        due = self._loop.time() + _LOOK_SECONDS
        return self._loop.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        if not self._stopped:
            self._lag.record(max(0.0, self._loop.time() - due))
            self._timer = self._set_timer()


def _cpu_time(_options: CallbackOptions) -> Iterable[Observation]:
    times = os.times()
    yield Observation(times.user, {CPU_MODE: "user"})
    yield Observation(times.system, {CPU_MODE: "system"})


def _threads(_options: CallbackOptions) -> Iterable[Observation]:
    yield Observation(threading.active_count())


def _memory(_options: CallbackOptions) -> Iterable[Observation]:
    resident_pages = int(_STATM.read_text(encoding="ascii").split()[1])
    yield Observation(resident_pages * os.sysconf("SC_PAGE_SIZE"))
