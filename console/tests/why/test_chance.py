from __future__ import annotations

import sys
from itertools import pairwise
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.why.chance import StatisticsMissingError, corrected, larger, more_often

counts = st.integers(0, 60)
chances = st.lists(st.floats(0, 1), min_size=1, max_size=40)
numbers = st.lists(st.integers(0, 1_000), min_size=1, max_size=30)


@given(counts, counts, counts, counts)
def test_fishers_test_counts_the_ways_in_which_hits_can_fall(a: int, b: int, c: int, d: int) -> None:
    hits, of, hits_before, of_before = a, a + b, c, c + d
    every = comb(of + of_before, hits + hits_before)
    ways = sum(
        comb(of, now) * comb(of_before, hits + hits_before - now)
        for now in range(hits, min(of, hits + hits_before) + 1)
    )
    assert more_often(hits, of, hits_before, of_before) == pytest.approx(ways / every, abs=1e-9)


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30))
def test_more_hits_are_never_more_likely_by_chance(hits: int, more: int, hits_before: int) -> None:
    assert more_often(hits + more, 60, hits_before, 60) <= more_often(hits, 60, hits_before, 60) + 1e-12


@given(numbers, numbers)
def test_a_chance_is_a_probability(now: list[int], before: list[int]) -> None:
    assert 0 <= larger(now, before) <= 1


@given(numbers, numbers, st.integers(1, 1_000))
def test_larger_values_are_never_more_likely_by_chance(now: list[int], before: list[int], more: int) -> None:
    """Ties across the groups would change the variance that is allowed for, too: even numbers never meet odd ones."""
    odd = [2 * each + 1 for each in before]
    assert larger([2 * (each + more) for each in now], odd) <= larger([2 * each for each in now], odd) + 1e-12


def test_where_there_is_nothing_to_compare_nothing_is_larger() -> None:
    assert larger([], [1.0]) == larger([1.0], []) == larger([0.0, 0.0], [0.0]) == 1.0


def test_values_that_are_all_larger_are_no_chance() -> None:
    assert larger([float(each) for each in range(100, 124)], [float(each) for each in range(48)]) < 1e-9


@given(chances)
def test_a_corrected_chance_is_never_smaller_and_keeps_its_place(given: list[float]) -> None:
    fixed = corrected(given)
    assert all(new >= old - 1e-12 for new, old in zip(fixed, given, strict=True))
    by_old = [new for _old, new in sorted(zip(given, fixed, strict=True))]
    assert all(low <= high + 1e-12 for low, high in pairwise(by_old))


@given(chances, st.integers(1, 20))
def test_the_more_is_looked_at_the_less_is_told(given: list[float], more: int) -> None:
    assert min(corrected([*given, *[1.0] * more])) >= min(corrected(given)) - 1e-12


def test_nothing_has_nothing_to_correct() -> None:
    assert corrected([]) == []


def test_without_scipy_it_is_said_how_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(StatisticsMissingError, match=r"pip install 'throughline-console\[why\]'"):
        more_often(1, 2, 3, 4)
