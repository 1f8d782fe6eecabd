from __future__ import annotations

import logging

import pytest

from telemetry.export.losses import LossLog, OnceAMinute, quieten


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_losses_are_told_at_once_and_then_once_a_minute_with_their_number(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    log = LossLog("spans", clock)
    log.tell(0, 0)
    log.tell(3, 1)
    clock.now = 59
    log.tell(10, 1)
    assert len(lines(caplog)) == 1
    clock.now = 60
    log.tell(10, 7)
    clock.now = 1000
    log.tell(10, 7)

    text = "{} spans were lost since this was last told; in all {} were refused or not answered, {} found a full queue"
    assert lines(caplog) == [text.format(4, 3, 1), text.format(13, 10, 7)]


def test_what_an_exporter_raises_is_explained_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    log = LossLog("spans", clock)
    for now in (0, 30, 61):
        clock.now = now
        log.explain(ValueError("no"))

    assert lines(caplog) == ["an exporter of spans failed"] * 2
    assert all(record.exc_info for record in caplog.records)


def test_a_library_that_logs_each_try_says_one_thing_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    logger = logging.getLogger("tests.noisy")
    once = OnceAMinute(clock)
    logger.addFilter(once)
    for now in (0, 1, 59, 60, 61):
        clock.now = now
        logger.error("at %d", now)
    logger.removeFilter(once)

    assert lines(caplog) == ["at 0", "at 60"]


def test_a_logger_is_quietened_once() -> None:
    for _time in range(3):
        quieten("tests.quiet")
    logger = logging.getLogger("tests.quiet")

    assert len(logger.filters) == 1
    logger.filters.clear()
