from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from stack.sampling.report import BEGIN, END, estimate, put, sizes, table
from stack.sampling.run import Kind, Outcome, Placed
from stack.sampling.ways import WATCHED, WAYS, Way

BY_NAME = {way.name: way for way in WAYS}
FAILED, SLOW, USUAL = (Placed(f"{kind}", kind, "somebody") for kind in Kind)


def outcome(way: str | Way, placed: Sequence[Placed], spans: Mapping[str, int], counted: int | None = None) -> Outcome:
    chosen = BY_NAME[way] if isinstance(way, str) else way
    return Outcome(chosen, placed, spans, sent=14, stored=7, service_cpu=0.03, counted=counted)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_line_says_what_was_kept_of_each_kind_and_what_it_cost() -> None:
    placed = [FAILED, SLOW, USUAL]
    everything = outcome("everything", placed, {"failed": 3, "slow": 7, "usual": 7})
    some = outcome("consistent probability", placed, {"failed": 3, "usual": 2})

    header, _, first, second, *_ = table([everything, some], "a machine").splitlines()

    assert dict(zip(cells(header), cells(first), strict=True)) == {
        "way": "**everything**: all",
        "kept of failed": "1 of 1",
        "of slow": "1 of 1",
        "of the rest": "1 of 1",
        "complete, of those kept": "100%",
        "orders, estimated": "3 (+0.0%)",
        "spans sent per order": "4.67",
        "spans stored per order": "2.33",
        "CPU of the services per order": "10.0 ms",
        "CPU and memory of the collector": "none",
    }
    assert cells(second)[1:6] == ["1 of 1", "0 of 1", "1 of 1", "50%", "10 (+233.3%)"]


def test_a_whole_trace_has_as_many_spans_as_most_of_its_kind() -> None:
    placed = [Placed(str(number), Kind.USUAL, "somebody") for number in range(3)]

    assert sizes(outcome("everything", placed, {"0": 7, "1": 8, "2": 7})) == {Kind.USUAL: 7}


@pytest.mark.parametrize(
    ("way", "tenant", "orders"),
    [
        ("everything", "x", 1),
        ("head", "x", 10),
        ("rules", "x", 10),
        ("rules", WATCHED, 2),
        ("consistent probability", "x", 5),
    ],
)
def test_a_kept_trace_stands_for_as_many_as_its_chance_says(way: str, tenant: str, orders: float) -> None:
    assert estimate(outcome(way, [Placed("1", Kind.USUAL, tenant)], {"1": 7})) == pytest.approx(orders)


def test_with_span_metrics_nothing_is_estimated() -> None:
    assert estimate(outcome("tail", [USUAL], {}, counted=42)) == 42


def test_a_run_that_kept_nothing_says_so() -> None:
    everything = outcome("everything", [USUAL], {"usual": 7})

    assert "none kept" in table([everything, outcome("head", [USUAL], {})], "a machine")


def test_the_table_is_put_where_it_belongs_as_often_as_it_is_made() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    once = put(page, "new")

    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert put(once, "new") == once
