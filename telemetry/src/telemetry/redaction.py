"""Secrets taken out of texts that people wrote: tokens, keys, passwords, card numbers and e-mail addresses.

Patterns see what has a pattern. What must never be shown belongs in a `telemetry.Secret`, or is not written at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

REDACTED = "REDACTED"

# Each repetition is bounded, so that no text takes more than a linear time.
_SECRETS = (
    r"(?:password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|session[-_]?id|cookie"
    r"|authorization|signature|jwt)"
)
_DIGITS = r"(?<![\w.-])[0-9](?:[ -]?[0-9]){12,}+(?![\w-])"
_PATTERNS = re.compile(
    r"""
      (?P<pem>-----BEGIN\ [A-Z ]{0,30}PRIVATE\ KEY-----(?:(?!-----END)[\s\S]){0,20000}+(?:-----END\ [A-Z ]{0,30}-----)?)
    | (?<=://)(?P<login>[^\s/@]{1,300})(?=@)
    | (?P<jwt>(?<![\w-])eyJ[\w-]{5,8000}+\.[\w-]{1,8000}+(?:\.[\w-]{0,8000}+)?)
    | (?P<header>(?i:(?:set-)?cookie|(?:proxy-)?authorization)["']?\s{0,4}[=:]\s{0,4})(?P<line>[^\r\n]{1,8000}+)
    | (?P<scheme>\b(?i:bearer|basic)\s{1,8})(?P<credentials>[\w.~+/=-]{6,8000}+)
    | (?P<name>(?<![\w-])[\w-]{0,40}?__SECRET__[\w-]{0,40}["']?\s{0,4}[=:]\s{0,4})
        (?P<value>"[^"\r\n]{0,8000}+"|'[^'\r\n]{0,8000}+'|["']?(?:(?i:bearer|basic)\s{1,8})?[^\s"'<>,;&]{1,8000}+)
    | (?P<key>\b(?:A[KS]IA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,255}|glpat-[\w-]{20,64}|sk[-_][\w-]{16,200}
        |xox[abeprs]-[\w-]{10,200}|AIza[\w-]{35})(?![\w-]))
    | (?P<mail>(?<![\w.%+-])[\w.%+-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})
    | (?P<database>(?:\bDETAIL:|\[parameters:)\s{1,4})(?P<row>[^\r\n]{1,8000}+)
    | (?P<digits>__DIGITS__)
    """.replace("__SECRET__", f"(?i:{_SECRETS})").replace("__DIGITS__", _DIGITS),
    re.VERBOSE,
)
_SECRET_NAME = re.compile(rf"(?i){_SECRETS}|^x-[\w-]*auth[\w-]*$|^(?:api)?key$|^sig$|^auth$|^code$")
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]-]{0,31}")


def redact(text: str) -> str:
    """Give the text with REDACTED in place of each secret; what is left of it is as it was.

    The values that databases put into their errors, after ``DETAIL:`` and in SQLAlchemy's ``[parameters: …]``, count as
    secrets too.
    """
    return _PATTERNS.sub(_replace, text) if _may_hold_secrets(text) else text


# A text without any of these is not searched: that costs fifty times as much, and most texts have none.
_SIGNS = ("@", "%40", "eyJ", "-----BEGIN", "AKIA", "ASIA", "gh", "glpat-", "sk-", "sk_", "xox", "AIza", "DETAIL:")
_SIGNS_IN_ANY_CASE = ("bearer", "basic")
_NAMES = ("passw", "pwd", "secret", "token", "key", "credential", "session", "cookie", "auth", "signature", "jwt")
_NUMBER = re.compile(_DIGITS)
# Letters that count as i, k and s where case does not matter, beside those that `str.lower` knows.
_FOLDED = str.maketrans({"\u0131": "i", "\u017f": "s", "\u0307": None})


def _may_hold_secrets(text: str) -> bool:
    if any(map(text.__contains__, _SIGNS)) or _NUMBER.search(text) is not None:
        return True
    lower = text.lower()
    if not text.isascii():
        lower = lower.translate(_FOLDED)
    if any(map(lower.__contains__, _SIGNS_IN_ANY_CASE)):
        return True
    named = "=" in text or ":" in text
    return named and ("[parameters:" in text or any(map(lower.__contains__, _NAMES)))


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Tell whether a header or parameter of this name holds a secret, such as ``Authorization`` or ``access_token``."""
    return _SECRET_NAME.search(name) is not None


def redact_query(query: str, shown: Collection[str] = ()) -> str:
    """Give a query with REDACTED for each value, but those of the parameters in `shown`, which pass through `redact`.

    A parameter whose name looks like no name is REDACTED as a whole. At most the first 32 parameters are given.
    """
    return "&".join(_redact_parameter(part, shown) for part in query.split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS])


_MOST_PARAMETERS = 32
_LONGEST_VALUE = 256


def _redact_parameter(part: str, shown: Collection[str]) -> str:
    name, equals, value = part.partition("=")
    if not equals or _PLAIN_NAME.fullmatch(name) is None or redact(name) != name:
        return REDACTED
    visible = name in shown and not is_secret_name(name)
    return f"{name}={redact(value[:_LONGEST_VALUE]) if visible else REDACTED}"


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind in _KEPT_BEFORE:
        return match[_KEPT_BEFORE[kind]] + REDACTED
    return _redact_cards(match[0]) if kind == "digits" else REDACTED


_KEPT_BEFORE = {"line": "header", "credentials": "scheme", "value": "name", "row": "database"}
_CARD_DIGITS = range(13, 20)  # ISO/IEC 7812
_CARD_GROUPS = 6  # 4-4-4-4 and 4-6-5 are usual


def _redact_cards(text: str) -> str:
    """Replace the card numbers among groups of digits: other numbers, such as an expiry date, may stand beside them."""
    groups = list(re.finditer("[0-9]+", text))
    parts, done, first = [], 0, 0
    while first < len(groups):
        start = groups[first].start()
        last = _card_at(text, groups, first)
        if last is not None:
            parts += [text[done:start], REDACTED]
            done, first = groups[last].end(), last
        first += 1
    return "".join([*parts, text[done:]])


def _card_at(text: str, groups: list[re.Match[str]], first: int) -> int | None:
    """Give the index of the last group of the card number that begins with the group `first`; None if none does."""
    lasts = range(min(first + _CARD_GROUPS, len(groups)) - 1, first - 1, -1)
    start = groups[first].start()
    return next((last for last in lasts if is_card_number(text[start : groups[last].end()])), None)


def is_card_number(text: str) -> bool:
    """Tell whether the digits of the text are a payment card's: 13 to 19 of them that pass Luhn's check."""
    digits = [int(each) for each in text if each in "0123456789"]
    if len(digits) not in _CARD_DIGITS:
        return False
    doubled = (sum(divmod(2 * each, 10)) for each in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
