from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model import Span, Trace
from console.otlp.spans import StoredSpan
from console.store import TraceStore
from console.why.windows import Windows, divide, held, spread

from .conftest import EVERY, Order

MakeOrder = Callable[..., Trace]
SECOND = 1_000_000_000
START = 1_760_000_000_000_000_000
WINDOWS = Windows(START, START + 10 * EVERY * 1_000_000, START + 15 * EVERY * 1_000_000)


def test_before_is_three_times_as_long_and_the_last_seconds_are_still_coming() -> None:
    windows = Windows.until(1_000 * SECOND, 60 * SECOND)
    assert (windows.begin, windows.change, windows.end) == (760 * SECOND, 940 * SECOND, 990 * SECOND)
    assert Windows.until(1_000 * SECOND, 60 * SECOND, 30 * SECOND).begin == 910 * SECOND


def test_a_trace_is_of_the_time_in_which_its_root_starts_whatever_other_clocks_say(order: MakeOrder) -> None:
    traces = [order(number, Order(skew=-60_000 if number == 12 else 0)) for number in range(20)]
    compared = divide(reversed(traces), WINDOWS)
    assert compared.before == traces[:10]
    assert compared.after == traces[10:15]


def test_the_store_gives_the_same(order: MakeOrder, received: Callable[[list[Span]], list[StoredSpan]]) -> None:
    store = TraceStore()
    traces = [order(number, Order(skew=-60_000 if number == 12 else 0)) for number in range(20)]
    for trace in traces:
        store.add(received(list(trace.spans)))
    compared = held(store, WINDOWS)
    assert [trace.trace_id for trace in compared.before] == [trace.trace_id for trace in traces[:10]]
    assert compared.after == traces[10:15]
    few = held(store, WINDOWS, most=3)
    assert (len(few.before), len(few.after)) == (3, 3)


@given(st.lists(st.integers(), max_size=60), st.integers(1, 30))
def test_some_are_taken_evenly(items: list[int], most: int) -> None:
    taken = spread(list(enumerate(items)), most)
    assert len(taken) == min(most, len(items))
    places = [place for place, _item in taken]
    assert places == sorted(set(places))
    gaps = {later - earlier for earlier, later in pairwise(places)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("start", [WINDOWS.begin - 1, WINDOWS.end])
def test_what_is_earlier_or_later_is_of_neither(start: int) -> None:
    assert not WINDOWS.has(start)
