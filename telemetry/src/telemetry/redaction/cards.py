"""Numbers of payment cards in a text.

Luhn's check alone proves nothing: every tenth number passes it. A run of digits is a card's number when an issuer has
that prefix with that length; digits in a card's groups (4-4-4-4, 4-6-5) are one with any prefix. Identifiers, and
times in milliseconds or nanoseconds since the epoch, stay.
"""

from __future__ import annotations

import re

_LENGTHS = range(13, 20)  # ISO/IEC 7812
_MOST_GROUPS = 6
_GROUP = 4
_OTHER_LAYOUTS = frozenset({(4, 6, 5), (4, 6, 4)})  # American Express, Diners Club

# Lowest and highest prefix of the same number of digits → the lengths that the issuer uses.
# https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
_ISSUERS = (
    (4, 4, (13, 16, 19)),  # Visa
    (51, 55, (16,)),  # Mastercard
    (2221, 2720, (16,)),
    (34, 34, (15,)),  # American Express
    (37, 37, (15,)),
    (6011, 6011, range(16, 20)),  # Discover
    (644, 659, range(16, 20)),
    (62, 62, range(16, 20)),  # UnionPay
    (3528, 3589, range(16, 20)),  # JCB
    (300, 305, (14,)),  # Diners Club
    (36, 36, (14,)),
    (38, 39, (14,)),
    (5018, 5018, _LENGTHS),  # Maestro
    (5020, 5020, _LENGTHS),
    (5038, 5038, _LENGTHS),
    (5893, 5893, _LENGTHS),
    (6304, 6304, _LENGTHS),
    (6759, 6763, _LENGTHS),
)


def redact_cards(text: str, replacement: str) -> str:
    """Replace the card numbers among groups of digits: other numbers, such as an expiry date, may follow."""
    groups = list(re.finditer("[0-9]+", text))
    parts, done, first = [], 0, 0
    while first < len(groups):
        start = groups[first].start()
        last = _card_at(groups, first)
        if last is not None:
            parts += [text[done:start], replacement]
            done, first = groups[last].end(), last
        first += 1
    return "".join([*parts, text[done:]])


def is_card_number(digits: str) -> bool:
    """Tell whether digits in a row are a card's number: an issuer's prefix and length, and Luhn's check."""
    return _has_issuer(digits) and passes_luhn(digits)


def passes_luhn(digits: str) -> bool:
    """Tell whether 13 to 19 digits pass Luhn's check (ISO/IEC 7812-1)."""
    if len(digits) not in _LENGTHS:
        return False
    values = [int(each) for each in digits]
    doubled = (sum(divmod(2 * each, 10)) for each in values[-2::-2])
    return (sum(values[-1::-2]) + sum(doubled)) % 10 == 0


def _card_at(groups: list[re.Match[str]], first: int) -> int | None:
    """Give the index of the last group of the card number that begins with the group `first`; None if none does."""
    for last in range(min(first + _MOST_GROUPS, len(groups)) - 1, first - 1, -1):
        written = [group[0] for group in groups[first : last + 1]]
        digits = "".join(written)
        if passes_luhn(digits) and (_has_issuer(digits) or _is_grouped([len(each) for each in written])):
            return last
    return None


def _has_issuer(digits: str) -> bool:
    return any(
        len(digits) in lengths and low <= int(digits[: len(str(low))]) <= high for low, high, lengths in _ISSUERS
    )


def _is_grouped(sizes: list[int]) -> bool:
    if tuple(sizes) in _OTHER_LAYOUTS:
        return True
    *firsts, last = sizes
    return bool(firsts) and all(size == _GROUP for size in firsts) and last <= _GROUP
