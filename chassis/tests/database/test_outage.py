from __future__ import annotations

from chassis.database.outage import Outage


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_nothing_is_away_at_first() -> None:
    assert not Outage()


def test_a_failure_is_remembered_for_a_moment() -> None:
    clock = Clock()
    outage = Outage(1.0, clock)
    outage.begin()

    assert outage
    clock.time += 1.0
    assert not outage


def test_a_success_ends_it_at_once() -> None:
    outage = Outage(1.0, Clock())
    outage.begin()
    outage.end()

    assert not outage
