from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Wire = Callable[..., Awaitable[Any]]

UNARY = "test.v1.Test/Unary"
MINUTE = 60 * 1_000_000_000


async def test_the_spans_of_a_call_lie_where_the_wrong_clock_says(wire: Wire) -> None:
    service = await wire(slow=f"method: {UNARY}, do: skew-clock, seconds: -60")
    await service.call()
    service.on("slow")
    await service.call()
    service.flags.clear()
    await service.call()

    for name in (UNARY, "SELECT rows"):
        before, skewed, after = service.spans(name)
        assert before.start_time is not None
        assert skewed.start_time is not None
        assert skewed.end_time is not None
        assert after.start_time is not None
        assert before.start_time < skewed.start_time + MINUTE < after.start_time
        assert 0 <= skewed.end_time - skewed.start_time < MINUTE
    event = service.spans(UNARY)[1].events[0]
    assert abs(event.timestamp - (service.spans(UNARY)[1].start_time or 0)) < MINUTE
