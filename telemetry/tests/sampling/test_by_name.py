from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.sampling import Decision, ParentBasedTraceIdRatio
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    get_current_span,
    set_span_in_context,
)

from telemetry import ExporterConfig, SamplerConfig, Telemetry, TelemetryConfig, configure
from telemetry.sampling.by_name import SAMPLERS, make_sampler
from telemetry.sampling.chances import Rate, Ratio

trace_ids = st.integers(1, 2**128 - 1)


def recording(sampler: SamplerConfig) -> Telemetry:
    return configure(TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), sampler=sampler))


def is_recorded(telemetry: Telemetry, parent: SpanContext | None = None) -> bool:
    context = None if parent is None else set_span_in_context(NonRecordingSpan(parent))
    span = telemetry.tracer("tests").start_span("work", context)
    span.end()
    assert span.is_recording() is False
    return span.get_span_context().trace_flags.sampled


def parent(*, sampled: bool, remote: bool, state: TraceState | None = None) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
    return SpanContext(random.getrandbits(128), 1, is_remote=remote, trace_flags=flags, trace_state=state)


@pytest.mark.parametrize(
    ("sampler", "recorded"),
    [
        (SamplerConfig(kind="always_on"), True),
        (SamplerConfig(kind="always_off"), False),
        (SamplerConfig(kind="traceidratio", ratio=1.0), True),
        (SamplerConfig(kind="traceidratio", ratio=0.0), False),
        (SamplerConfig(kind="parentbased_always_on"), True),
        (SamplerConfig(kind="parentbased_always_off"), False),
        (SamplerConfig(kind="parentbased_traceidratio", ratio=1.0), True),
        (SamplerConfig(kind="parentbased_traceidratio", ratio=0.0), False),
        (SamplerConfig(kind="rate_limited", rate=10), True),
        (SamplerConfig(kind="rate_limited", rate=0), False),
    ],
)
def test_each_sampler_decides_roots_as_its_name_says(sampler: SamplerConfig, recorded: bool) -> None:  # noqa: FBT001
    with recording(sampler) as telemetry:
        assert is_recorded(telemetry) is recorded


@pytest.mark.parametrize(
    "kind", [name for name in SAMPLERS if name.startswith("parentbased") or name == "rate_limited"]
)
@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("remote", [True, False])
def test_a_parents_decision_is_kept(kind: str, sampled: bool, remote: bool) -> None:  # noqa: FBT001
    with recording(SamplerConfig(kind=kind, ratio=0.5, rate=0)) as telemetry:
        assert is_recorded(telemetry, parent(sampled=sampled, remote=remote)) is sampled


@pytest.mark.parametrize("sampled", [True, False])
def test_the_trace_state_travels_on_whatever_is_decided(sampled: bool) -> None:  # noqa: FBT001
    state = TraceState([("vendor", "1")])
    with recording(SamplerConfig()) as telemetry:
        context = set_span_in_context(NonRecordingSpan(parent(sampled=sampled, remote=True, state=state)))
        span = telemetry.tracer("tests").start_span("work", context)

    assert span.get_span_context().trace_state == state


@given(trace_ids, st.floats(0, 1))
def test_a_ratio_decides_as_the_specifications_sampler_does(trace_id: int, ratio: float) -> None:
    stock = ParentBasedTraceIdRatio(ratio).should_sample(None, trace_id, "work")
    ours = make_sampler(SamplerConfig(kind="parentbased_traceidratio", ratio=ratio)).should_sample(None, trace_id, "")

    assert ours.decision is stock.decision
    assert Ratio(ratio)(trace_id) is (stock.decision is Decision.RECORD_AND_SAMPLE)


@given(trace_ids, st.floats(0, 1), st.floats(0, 1))
def test_what_a_lower_ratio_takes_a_higher_one_takes_too(trace_id: int, one: float, other: float) -> None:
    low, high = sorted((one, other))

    assert Ratio(high)(trace_id) or not Ratio(low)(trace_id)


def test_services_in_several_processes_decide_alike() -> None:
    program = """
import random, sys
from telemetry import SamplerConfig
from telemetry.sampling.by_name import make_sampler
sampler = make_sampler(SamplerConfig(kind="parentbased_traceidratio", ratio=0.1))
ids = random.Random(7)
for _ in range(20_000):
    trace_id = ids.getrandbits(128)
    if sampler.should_sample(None, trace_id, "work").decision.is_sampled():
        print(trace_id)
"""
    decided = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout  # noqa: S603
        for _process in range(3)
    }

    assert len(decided) == 1
    assert 1_800 < len(decided.pop().split()) < 2_200


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def takes(rate: Rate, count: int) -> int:
    return sum(rate(0) for _trace in range(count))


def test_a_rate_takes_a_seconds_worth_at_once_and_then_what_flows_in(clock: Clock) -> None:
    rate = Rate(10, clock)

    assert takes(rate, 100) == 10
    clock.now += 0.25
    assert takes(rate, 100) == 2
    clock.now += 3600
    assert takes(rate, 100) == 10


def test_a_rate_below_one_a_second_takes_one_now_and_then(clock: Clock) -> None:
    rate = Rate(0.1, clock)

    assert takes(rate, 10) == 1
    clock.now += 5
    assert takes(rate, 10) == 0
    clock.now += 5
    assert takes(rate, 10) == 1


@given(st.floats(0, 1000), st.lists(st.floats(0, 10), max_size=50))
def test_a_rate_is_never_exceeded_over_any_time(per_second: float, waits: list[float]) -> None:
    clock = Clock()
    rate = Rate(per_second, clock)
    taken = 0
    for wait in waits:
        clock.now += wait
        taken += takes(rate, 20)

    assert taken <= max(1.0, per_second) + per_second * sum(waits) + 1e-6


def test_many_threads_share_a_rate(clock: Clock) -> None:
    rate, taken = Rate(500, clock), []
    threads = [Thread(target=lambda: taken.append(takes(rate, 1000))) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(taken) == 500


def test_samplers_describe_themselves() -> None:
    made = {name: make_sampler(SamplerConfig(kind=name)).get_description() for name in SAMPLERS if name != "rules"}

    assert made["parentbased_traceidratio"] == "ParentBased{root:Ratio{1}}"
    assert made["rate_limited"] == "ParentBased{root:Rate{100/s}}"
    assert all(made.values())


def test_a_root_that_is_dropped_costs_the_sampler_no_allocation() -> None:
    sampler = make_sampler(SamplerConfig(kind="parentbased_traceidratio", ratio=0))

    assert sampler.should_sample(None, 1, "a") is sampler.should_sample(None, 2, "b", attributes={"c": 1})


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    with recording(SamplerConfig(kind="parentbased_always_off")) as telemetry:
        yield telemetry


def test_a_span_that_is_not_recorded_still_carries_its_trace_on(telemetry: Any) -> None:
    with telemetry.tracer("tests").start_as_current_span("work") as span:
        assert get_current_span() is span
        assert span.get_span_context().is_valid
        assert not span.is_recording()
