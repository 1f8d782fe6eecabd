from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.launch import Launch
from bench.summary import Spread, drift, is_void, summarize, targets

Make = Callable[..., Launch]


def test_cpu_is_that_of_all_processes_together_a_request(make: Make) -> None:
    summary = summarize([make("untraced", 1700)])["untraced"]

    assert summary.cpu.middle == pytest.approx(1700e-6)
    assert sum(summary.by_process.values()) == pytest.approx(1700e-6)
    assert summary.rate == pytest.approx(200)


def test_a_ratio_is_taken_within_its_round(make: Make) -> None:
    # The machine is twice as slow in the second round: the ratio does not see it.
    launches = [make("untraced", 1000, 1), make("ours", 1500, 1), make("untraced", 2000, 2), make("ours", 3000, 2)]

    assert summarize(launches)["ours"].ratio == Spread(1.5, 1.5, 1.5)


def test_what_is_compared_is_compared_with_the_mean_of_both_untraced_launches(make: Make) -> None:
    launches = [make("untraced", 1000, p99=0.004), make("control", 1040, p99=0.006), make("ours", 1530, p99=0.01)]
    summaries = summarize([*launches, make("stock", 2020)])

    assert summaries["ours"].ratio.middle == pytest.approx(1.5)
    assert summaries["ours"].p99_ratio.middle == pytest.approx(2.0)
    added = summaries["ours"].added
    assert added is not None
    assert added.middle == pytest.approx(0.51)
    assert summaries["control"].ratio.middle == pytest.approx(1.04)
    assert summaries["untraced"].ratio.middle == 1.0


def test_figures_are_medians_with_the_least_and_the_greatest(make: Make) -> None:
    launches = [
        make(name, micro, number)
        for number, ours in enumerate((1500, 9000, 1600), start=1)
        for name, micro in (("untraced", 1000), ("ours", ours))
    ]

    ratio = summarize(launches)["ours"].ratio

    assert (ratio.low, ratio.middle, ratio.high) == pytest.approx((1.5, 1.6, 9.0))


def test_what_stock_adds_is_the_unit_of_what_the_others_add(make: Make) -> None:
    summaries = summarize([make("untraced", 1000), make("stock", 3000), make("ours", 1800)])

    assert summaries["stock"].added == Spread(1.0, 1.0, 1.0)
    added = summaries["ours"].added
    assert added is not None
    assert added.middle == pytest.approx(0.4)


def test_without_stock_nothing_is_said_of_what_is_added(make: Make) -> None:
    assert summarize([make("untraced", 1000), make("ours", 1800)])["ours"].added is None


@pytest.mark.parametrize(("control", "void"), [(1000, False), (1049, False), (951, False), (1051, True), (949, True)])
def test_a_run_is_void_when_the_same_thing_differs_by_more_than_five_percent(
    make: Make, control: float, *, void: bool
) -> None:
    summaries = summarize([make("untraced", 1000), make("control", control)])

    assert drift(summaries) == pytest.approx(control / 1000 - 1)
    assert is_void(summaries) is void


def test_targets_are_met_at_their_limit(make: Make) -> None:
    launches = [
        make("untraced", 1000, p99=0.005),
        make("stock", 3000),
        make("ours", 2000, p99=0.016),
        make("ours-1pct", 1090),
    ]

    verdicts = [target.verdict for target in targets(summarize(launches))]

    assert verdicts == ["met", "not measured", "not met", "met"]
