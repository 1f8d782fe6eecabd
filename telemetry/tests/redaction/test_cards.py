from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.redaction import redact
from telemetry.redaction.cards import is_card_number, passes_luhn

DIGITS = "0123456789"
ISSUED = {"4": 16, "51": 16, "2221": 16, "34": 15, "37": 15, "6011": 16, "62": 19, "3528": 16, "36": 14, "6304": 13}


def complete(digits: str) -> str:
    return next(digits + each for each in DIGITS if passes_luhn(digits + each))


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix, length = draw(st.sampled_from(sorted(ISSUED.items())))
    rest = length - len(prefix) - 1
    return complete(prefix + draw(st.text(DIGITS, min_size=rest, max_size=rest)))


@given(cards(), st.sampled_from(["", " ", "-"]))
def test_a_card_of_an_issuer_is_never_shown(card: str, separator: str) -> None:
    written = separator.join(card[start : start + 4] for start in range(0, len(card), 4))

    assert is_card_number(card)
    assert redact(f"paid with {written} today") == "paid with REDACTED today"


@given(st.text(DIGITS, min_size=12, max_size=18), st.sampled_from([" ", "-"]))
def test_a_number_in_groups_that_passes_luhns_check_is_never_shown(digits: str, separator: str) -> None:
    card = complete(digits)
    written = separator.join(card[start : start + 4] for start in range(0, len(card), 4))

    assert written not in redact(f"paid with {written} today")


@pytest.mark.parametrize("written", ["3782 822463 10005", "3056 930902 5904", "9999 999999 9995"])
def test_other_groups_of_cards_are_known(written: str) -> None:
    assert redact(written) == ("REDACTED" if passes_luhn(written.replace(" ", "")) else written)


@given(st.text(DIGITS, min_size=12, max_size=18))
def test_one_wrong_digit_fails_luhns_check(digits: str) -> None:
    right = complete(digits)
    assert not any(passes_luhn(digits + wrong) for wrong in DIGITS if wrong != right[-1])


@pytest.mark.parametrize(
    ("low", "high"),
    [(1764572000000, 1765572000000), (1764572 * 10**12, 1765572 * 10**12), (10**17, 3 * 10**17), (7 * 10**15, 10**16)],
    ids=["milliseconds", "nanoseconds", "snowflakes", "identifiers"],
)
def test_times_and_identifiers_stay(low: int, high: int) -> None:
    numbers = random.Random(1)  # noqa: S311  the same each time

    for _ in range(2000):
        text = f"order {numbers.randrange(low, high)} stored"
        assert redact(text) == text


def test_of_numbers_of_sixteen_digits_few_can_be_cards() -> None:
    numbers = random.Random(1)  # noqa: S311  the same each time
    hidden = sum("REDACTED" in redact(f"order {numbers.randrange(10**15, 10**16)}") for _ in range(5000))

    assert hidden / 5000 < 0.03
