"""A few orders with each way to sample; with a collector where ``OTELCOL`` names one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stack.sampling.run import Kind, run
from stack.sampling.ways import WATCHED, WAYS, Way

ORDERS = 40


@pytest.fixture
def otelcol() -> Path:
    """Give the collector's program; where none is named, what needs it is not selected."""
    return Path(os.environ["OTELCOL"])


def way(name: str) -> Way:
    (found,) = [each for each in WAYS if each.name == name]
    return found


def test_the_settings_are_each_programs_own(tmp_path: Path) -> None:
    settings = way("consistent probability").settings(tmp_path)

    assert {name: each["OTEL_TRACES_SAMPLER_ARG"] for name, each in settings.items()} == {
        "gateway": "0.2",
        "order": "0.1",
        "user": "0.05",
    }
    assert way("everything").settings(tmp_path)["user"] == {"OTEL_TRACES_SAMPLER": "parentbased_always_on"}
    rules = Path(way("rules").settings(tmp_path)["gateway"]["OTEL_TRACES_SAMPLER_ARG"])
    assert f'tenant = "{WATCHED}"' in rules.read_text()


def test_what_each_service_keeps_by_the_trace_id_lies_in_what_those_above_keep(tmp_path: Path) -> None:
    outcome = run(way("consistent probability"), ORDERS, tmp_path, None)

    assert len(outcome.placed) == ORDERS
    assert outcome.spans.keys() < {order.trace_id for order in outcome.placed}
    sound = {order.trace_id for order in outcome.placed if order.kind is not Kind.FAILED}
    sizes = {spans for trace_id, spans in outcome.spans.items() if trace_id in sound}
    assert sizes <= {2, 5, 7}  # gateway's two, with order's three, with user's two


def test_the_tail_keeps_all_that_failed_or_was_slow_and_counts_the_rest(tmp_path: Path, otelcol: Path) -> None:
    outcome = run(way("tail"), ORDERS, tmp_path, otelcol)

    remarkable = {order.trace_id for order in outcome.placed if order.kind is not Kind.USUAL}
    assert remarkable <= outcome.spans.keys()
    assert outcome.counted == ORDERS
    assert outcome.stored < outcome.sent
    assert outcome.collector_memory > 0
