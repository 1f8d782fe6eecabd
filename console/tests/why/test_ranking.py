from __future__ import annotations

from console.why.change import Change, Kind, Share, What
from console.why.ranking import causes
from console.why.seen import NOBODY, Operation


def change(kind: Kind, name: str, affected: range, *, before: int = 0, chance: float = 1e-9, now: int = 0) -> Change:  # noqa: PLR0913  named by keyword
    hits = frozenset(map(str, affected))
    share = Share(len(hits), 100)
    return Change(What(kind, Operation("order", name, "server")), Share(before, 100), share, hits, hits, 0, now, chance)


def named(changes: list[Change]) -> list[str]:
    return [cause.change.what.operation.name for cause in causes(changes)]


def test_what_more_traces_have_stands_first() -> None:
    assert named([change(Kind.FAILS, "few", range(20)), change(Kind.FAILS, "many", range(50, 90))]) == ["many", "few"]


def test_what_is_of_the_same_traces_stands_below_its_cause() -> None:
    slow, fails = change(Kind.SLOWER, "slow", range(30)), change(Kind.FAILS, "fails", range(30))
    (cause,) = causes([slow, fails])
    assert cause.change.what == fails.what
    assert [each.what for each in cause.follows] == [slow.what]


def test_of_what_is_slower_in_the_same_traces_the_one_that_costs_most_is_the_cause() -> None:
    changes = [change(Kind.SLOWER, name, range(30), now=now) for name, now in (("a", 5), ("b", 50), ("c", 1))]
    assert named(changes) == ["b"]


def test_two_that_are_late_weigh_as_much_as_one_that_fails() -> None:
    fails = change(Kind.FAILS, "fails", range(20))
    assert named([change(Kind.SLOWER, "slow", range(50, 85)), fails]) == ["fails", "slow"]
    assert named([change(Kind.SLOWER, "slow", range(50, 95)), fails]) == ["slow", "fails"]


def test_chance_and_trifles_are_not_told() -> None:
    assert named([change(Kind.FAILS, "chance", range(20), chance=0.04), change(Kind.FAILS, "as well", range(9))]) == [
        "as well"
    ]
    assert named([change(Kind.FAILS, "hardly more", range(60), before=50)]) == []
    assert named([change(Kind.FAILS, "two", range(2))]) == []


def test_the_more_is_looked_at_the_surer_it_must_be() -> None:
    once = change(Kind.FAILS, "it", range(20), chance=0.01)
    others = [change(Kind.FAILS, f"{number}", range(20), chance=1.0) for number in range(20)]
    assert named([once]) == ["it"]
    assert named([once, *others]) == []


def test_of_two_ways_to_say_the_same_the_surer_is_told() -> None:
    weak, strong = (change(Kind.SLOWER, "it", range(30), chance=chance) for chance in (1e-4, 1e-8))
    (cause,) = causes([weak, strong])
    assert cause.follows == []
    assert cause.change.chance < 1e-7


def test_what_is_of_everything_stands_last() -> None:
    everything = Change(
        What(Kind.ALL_SLOWER, NOBODY),
        Share(0, 100),
        Share(90, 100),
        frozenset(map(str, range(90))),
        frozenset(),
        0,
        0,
        1e-9,
    )
    assert named([everything, change(Kind.FAILS, "it", range(90, 100))])[-1] == ""
