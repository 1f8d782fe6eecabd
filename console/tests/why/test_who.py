from __future__ import annotations

from console.why.change import Change, Kind, Share, What
from console.why.dimensions import Value
from console.why.seen import Operation, Seen
from console.why.who import Met, met_by

WORK = Operation("order", "work", "server")
ACME, GLOBEX = Value("tenant", "", "acme"), Value("tenant", "", "globex")
FLAG = Value("flag", "", "new=on")


def seen(number: int, *values: Value) -> Seen:
    nothing: frozenset[Operation] = frozenset()
    return Seen(str(number), number, {WORK: 1}, frozenset(), {}, nothing, nothing, frozenset(values))


def met(traces: list[Seen], affected: set[int]) -> list[Met]:
    ids = frozenset(trace.trace_id for trace in traces)
    hits = frozenset(map(str, affected))
    change = Change(What(Kind.SLOWER, WORK), Share(0, 50), Share(len(hits), len(ids)), hits, ids, 0, 0, 0.0)
    return met_by([change], {trace.trace_id: trace for trace in traces})[0]


def test_whom_it_meets_stands_beside_what_the_same_traces_have_in_common() -> None:
    traces = [seen(number, *((ACME, FLAG) if number < 10 else (GLOBEX,))) for number in range(40)]
    (told,) = met(traces, set(range(10)))
    assert told.values == (ACME, FLAG)
    assert (told.inside, told.elsewhere) == (Share(10, 10), Share(0, 30))
    assert told.strength == 1.0
    assert told.chance < 1e-6


def test_of_two_the_one_that_tells_them_better_stands_first() -> None:
    instance = Value("instance", "order", "one")
    traces = [
        seen(number, *([ACME] if number < 10 else []), *([instance] if number < 20 else [])) for number in range(40)
    ]
    assert [each.values for each in met(traces, set(range(10)))] == [(ACME,), (instance,)]


def test_what_meets_all_alike_meets_nobody_in_particular() -> None:
    traces = [seen(number, ACME if number % 2 else GLOBEX) for number in range(40)]
    assert met(traces, set(range(40))) == []
    assert met(traces, set(range(20))) == []


def test_few_are_chance() -> None:
    traces = [seen(number, ACME if number < 2 else GLOBEX) for number in range(40)]
    assert met(traces, {0, 1, 20, 21, 22, 23}) == []


def test_nothing_meets_nobody() -> None:
    assert met_by([], {}) == []
