from __future__ import annotations

import asyncio
from typing import Any

from telemetry.http.watch import Watch


class Somebody:
    def __init__(self) -> None:
        self.stopped = False
        self.looks = 0

    def look(self) -> None:
        self.looks += 1


async def test_who_is_still_there_after_a_moment_is_looked_at_once(until: Any) -> None:
    watch = Watch(asyncio.get_running_loop(), moment=0.001)
    early, late = Somebody(), Somebody()
    watch.add(early)
    await until(lambda: early.looks)
    watch.add(late)
    await until(lambda: late.looks)

    assert (early.looks, late.looks) == (1, 1)


async def test_who_has_gone_before_is_not(until: Any) -> None:
    watch = Watch(asyncio.get_running_loop(), moment=0.001)
    gone, there = Somebody(), Somebody()
    watch.add(gone)
    watch.add(there)
    gone.stopped = True
    await until(lambda: there.looks)

    assert gone.looks == 0


async def test_a_thousand_that_go_at_once_cost_two_timers_at_most(monkeypatch: Any, until: Any) -> None:
    loop = asyncio.get_running_loop()
    watch, timers, call_at = Watch(loop, moment=0.001), list[float](), loop.call_at

    def counted(when: float, callback: Any, *rest: Any, **options: Any) -> Any:
        if getattr(callback, "__self__", None) is watch:
            timers.append(when)
        return call_at(when, callback, *rest, **options)

    monkeypatch.setattr(loop, "call_at", counted)
    for _each in range(1000):
        somebody = Somebody()
        watch.add(somebody)
        somebody.stopped = True
    last = Somebody()
    watch.add(last)
    await until(lambda: last.looks)

    assert len(timers) <= 2


async def test_one_who_fails_does_not_cost_the_others(until: Any) -> None:
    class Failing(Somebody):
        def look(self) -> None:
            raise RuntimeError

    loop, told = asyncio.get_running_loop(), list[Any]()
    loop.set_exception_handler(lambda _loop, context: told.append(context["exception"]))
    watch = Watch(loop, moment=0.001)
    failing, there = Failing(), Somebody()
    watch.add(failing)
    watch.add(there)
    await until(lambda: there.looks)

    assert [type(each) for each in told] == [RuntimeError]
