"""``>`` and ``>>``, and what Python makes of a chain of comparisons."""

from __future__ import annotations

from typing import Any

import pytest

from tracetest import Trace, exactly, no, span

A, B, C, D = (span("order", name) for name in "abcd")


@pytest.fixture
def nested(made: Any, trace_of: Any) -> Trace:
    """Give a trace of d in c in b in a."""
    trace: Trace = trace_of(made("order", "a", made("order", "b", made("order", "c", made("order", "d")))))
    return trace


def test_a_chain_keeps_all_its_spans(nested: Trace) -> None:
    path = A > B > C > D

    assert repr(path) == "span('order', 'a') > span('order', 'b') > span('order', 'c') > span('order', 'd')"
    nested.expect(path)


@pytest.mark.parametrize("wrong", range(4))
def test_every_span_of_a_chain_is_looked_for(nested: Trace, wrong: int) -> None:
    a, b, c, d = (span("audit", "zzz") if n == wrong else each for n, each in enumerate((A, B, C, D)))

    with pytest.raises(AssertionError, match="zzz"):
        nested.expect(a > b > c > d)


def test_brackets_change_nothing(nested: Trace) -> None:
    paths = [(A > B) > C, A > (B > C), A > B > C, ((A > B) > C) > D, A > (B > (C > D)), (A > B) > (C > D)]  # noqa: SIM300

    assert len({repr(path) for path in paths}) == 2
    nested.expect(*paths)


def test_what_a_linter_turns_round_means_the_same(nested: Trace) -> None:
    paths = [B < A, (B > C) < A, C < B < A, D < C < B < A]

    assert [repr(path) for path in paths] == [repr(path) for path in (A > B, A > B > C, A > B > C, A > B > C > D)]
    nested.expect(*paths)


def test_descendants_and_children_mix(nested: Trace) -> None:
    nested.expect(A >> D, A >> C > D, A > B >> D, A >> B >> D, A > B > C >> D)

    for path in (A > D, A >> D > C, A > B > D, B >> A):
        with pytest.raises(AssertionError):
            nested.expect(path)


def test_a_chain_may_stand_over_several_lines_and_within_another(nested: Trace) -> None:
    path = (
        A
        > B
        > C
    )  # fmt: skip

    nested.expect(path, span("order", "a", B > C > D), span("order", "b", C > D) < A)


def test_chains_of_a_loop_do_not_mix(nested: Trace) -> None:
    paths = [first > second > third for first, second, third in ((A, B, C), (B, C, D))]

    assert [repr(path).count("span") for path in paths] == [3, 3]
    nested.expect(*paths)


def test_a_chain_that_was_left_in_its_middle_is_forgotten(nested: Trace) -> None:
    def failing() -> Any:
        raise LookupError

    def chain(last: Any) -> Any:
        return A > B > last()

    with pytest.raises(LookupError):
        chain(failing)

    assert repr(chain(lambda: C)).count("span") == 3
    nested.expect(B > C)
    assert repr(B > C).count("span") == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda: bool(A > B),
        lambda: (A > B) and (B > C),  # noqa: PLR1716  that is what a chain is not
        lambda: not (A > B) or C,
        lambda: [x for x in [A > B] if x],
    ],
)
def test_a_path_is_neither_true_nor_false(ask: Any) -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        ask()


def test_pytests_own_reading_of_a_chain_is_refused() -> None:
    with pytest.raises(TypeError, match="in an assert statement pytest takes a chain of > apart"):
        assert A > B > C


def test_nothing_comes_below_what_is_not_there() -> None:
    with pytest.raises(TypeError, match="nothing can come below no"):
        (A > no(B) > C).folded()
    with pytest.raises(TypeError, match="nothing can come below exactly"):
        (exactly(A) > B).folded()


def test_only_spans_are_joined() -> None:
    with pytest.raises(TypeError, match=r"span\('order', 'a'\) > 'b': expected span"):
        A > "b"  # type: ignore[operator]  # noqa: B015
