"""What is kept to measure WebSocket connections is bounded, whatever their clients make up."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from opentelemetry.context import Context

from telemetry import Telemetry
from telemetry.http.connections import DURATION, Ended
from telemetry.metrics.series import Series

Measured = tuple[Telemetry, Callable[[str], list[Any]]]

CLIENTS_OWN_CODES = range(3000, 5000)  # RFC 6455, 7.4.2


def kept() -> int:
    gc.collect()
    return sum(isinstance(each, Series) for each in gc.get_objects())


def test_the_codes_that_clients_make_up_are_kept_as_one(measured: Measured) -> None:
    telemetry, points = measured
    metrics = telemetry.measuring.connections
    assert metrics is not None
    before = kept()

    for code in CLIENTS_OWN_CODES:
        metrics.record(Ended("ws", "/live", 101, code, None), 1.0, Context())

    (point,) = points(DURATION)
    assert point.count == len(CLIENTS_OWN_CODES)
    assert point.attributes["websocket.close.code"] == "_OTHER"
    assert kept() - before == 1
