from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from telemetry import Telemetry
from telemetry.metrics.runtime import EVENT_LOOP_LAG

Measured = tuple[Telemetry, Callable[[str], list[Any]]]


def test_cpu_time_memory_and_threads_of_the_process_are_measured(measured: Measured) -> None:
    _telemetry, points = measured
    before = {point.attributes["cpu.mode"]: point.value for point in points("process.cpu.time")}
    ends_at = time.process_time() + 0.1
    while time.process_time() < ends_at:
        pass
    after = {point.attributes["cpu.mode"]: point.value for point in points("process.cpu.time")}

    assert before.keys() == after.keys() == {"user", "system"}
    assert 0.05 < sum(after.values()) - sum(before.values()) < 60
    assert 1_000_000 < points("process.memory.usage")[0].value < 100_000_000_000
    assert points("process.thread.count")[0].value >= 1


async def test_what_blocks_the_event_loop_shows_as_lag(measured: Measured, until: Any) -> None:
    telemetry, points = measured
    telemetry.watch_event_loop()
    await asyncio.sleep(0)
    time.sleep(0.5)  # noqa: ASYNC251  it is to block

    await until(lambda: points(EVENT_LOOP_LAG))
    assert points(EVENT_LOOP_LAG)[0].max >= 0.2


async def test_the_watch_ends_with_the_shutdown(measured: Measured) -> None:
    telemetry, _points = measured
    telemetry.watch_event_loop()
    (watch,) = telemetry.measuring._watches
    await telemetry.ashutdown()
    await asyncio.sleep(0)

    assert watch._timer.cancelled()
    assert not telemetry.measuring._watches


def test_a_watch_of_a_loop_that_is_gone_can_be_stopped(measured: Measured) -> None:
    telemetry, _points = measured

    async def watch() -> None:
        telemetry.watch_event_loop()

    asyncio.run(watch())
    telemetry.shutdown()


async def test_where_metrics_are_off_no_loop_is_watched(telemetry: Telemetry) -> None:
    telemetry.watch_event_loop()

    assert not telemetry.measuring._watches
