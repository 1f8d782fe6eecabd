from __future__ import annotations

import pytest

from console.why.answer import Answer
from console.why.change import Change, Kind, Share, What
from console.why.dimensions import Value
from console.why.seen import NOBODY, Operation
from console.why.who import Met
from console.why.words import figures, headline, met_text, summary

INSERT = Operation("order", "INSERT orders", "client")
CREATE = Operation("order", "shop.order.v1.OrderService/CreateOrder", "server")
NOTHING: frozenset[str] = frozenset()


def change(what: What, usual: int = 0, now: int = 0, before: Share | None = None) -> Change:
    return Change(what, before or Share(0, 640), Share(52, 210), NOTHING, NOTHING, usual, now, 0.0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (change(What(Kind.FAILS, INSERT, "42P01")), "order INSERT orders fails: 42P01"),
        (change(What(Kind.CLOCK, CREATE)), "order OrderService/CreateOrder is timed by a clock that is wrong"),
        (
            change(What(Kind.NEW, INSERT, caller=CREATE), 0, 1),
            "order OrderService/CreateOrder calls order INSERT orders now, and did not before",
        ),
        (
            change(What(Kind.NEW, INSERT, caller=CREATE), 0, 1, Share(1, 640)),
            "order OrderService/CreateOrder calls order INSERT orders more often",
        ),
        (
            change(What(Kind.REPEATED, INSERT, caller=CREATE), 1, 11),
            "order OrderService/CreateOrder calls order INSERT orders 11 times, not 1",
        ),
        (
            change(What(Kind.GONE, INSERT, caller=CREATE), 1, 0),
            "order OrderService/CreateOrder does not call order INSERT orders",
        ),
        (
            change(What(Kind.GONE, INSERT, caller=CREATE), 11, 1),
            "order OrderService/CreateOrder calls order INSERT orders 1 time, not 11",
        ),
        (change(What(Kind.NEW, CREATE), 0, 1), "somebody calls order OrderService/CreateOrder now, and did not before"),
        (
            change(What(Kind.SLOWER, INSERT), 1_200_000, 1_000_000_000),
            "order INSERT orders takes 1.00 s by itself, not 1.20 ms",
        ),
        (
            change(What(Kind.ALL_SLOWER, NOBODY), 20_000_000, 60_000_000),
            "everything is slower alike: 60.00 ms, not 20.00 ms",
        ),
    ],
)
def test_what_changed_is_said_in_a_line(changed: Change, said: str) -> None:
    assert headline(changed) == said


def test_it_has_figures_and_says_whom_it_meets() -> None:
    assert figures(change(What(Kind.FAILS, INSERT))) == "in 52 of 210 traces, before in 0 of 640"
    met = Met((Value("tenant", "", "acme"), Value("instance", "order", "7")), Share(52, 52), Share(0, 158), 0.0)
    assert met_text(met) == "tenant acme, instance order 7: 52 of 52, of the others 0 of 158"


def test_what_was_compared_is_said_and_what_came_of_it() -> None:
    assert summary(Answer(640, 210, ())) == "nothing has changed: 210 traces compared with 640 before"
    assert summary(Answer(640, 1, ())).startswith("too little to tell: 1 trace compared with 640 before")
