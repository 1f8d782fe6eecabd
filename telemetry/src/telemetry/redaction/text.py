"""Secrets taken out of text: tokens, keys, passwords, card numbers and e-mail addresses.

Patterns find what has a pattern. Put what must never be shown into a `telemetry.Secret`, or do not write it at all.
"""

from __future__ import annotations

import re

from telemetry.redaction.cards import redact_cards
from telemetry.redaction.names import CONFIDENTIAL_END

REDACTED = "REDACTED"

# Each repetition is bounded, so that no text takes more than a linear time.
_DIGITS = r"(?<![\w.-])[0-9](?:[ -]?[0-9]){12,}+(?![\w-])"
# Drivers take a password as far as the last @, with any character in it. A quote that ends a string of JSON is none.
_QUOTE = r'"(?![,:}\]\s]|$)'
_PATTERNS = re.compile(
    r"""
      (?P<pem>-----BEGIN\ [A-Z ]{0,30}PRIVATE\ KEY-----(?:(?!-----END)[\s\S]){0,20000}+(?:-----END\ [A-Z ]{0,30}-----)?)
    | (?<=://)(?P<login>[^\s/:@["]{0,300}:(?![0-9]{1,5}(?![^\s/?#]))(?:[^\s"]|__QUOTE__){0,1000}
        |(?:[^\s/"]|__QUOTE__){1,8000})(?=@)
    | (?P<jwt>(?<![\w-])eyJ[\w-]{5,8000}+\.[\w-]{1,8000}+(?:\.[\w-]{0,8000}+)?)
    | (?P<header>(?i:(?:set-)?cookie|(?:proxy-)?authorization)["']?\s{0,4}[=:]\s{0,4})(?P<line>[^\r\n]{1,8000}+)
    | (?P<scheme>\b(?i:bearer|basic)\s{1,8})(?P<credentials>[\w.~+/=-]{6,8000}+)
    | (?P<name>(?<![\w-])[\w-]{0,80}?__SECRET__["']?\s{0,4}[=:]\s{0,4})
        (?P<value>"[^"\r\n]{0,8000}+"|'[^'\r\n]{0,8000}+'|["']?(?:(?i:bearer|basic)\s{1,8})?[^\s"'<>,;&]{1,8000}+)
    | (?P<key>\b(?:A[KS]IA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,255}|glpat-[\w-]{20,64}|sk[-_][\w-]{16,200}
        |xox[abeprs]-[\w-]{10,200}|AIza[\w-]{35})(?![\w-]))
    | (?P<mail>(?<![\w.%+-])[\w.%+-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})
    | (?P<database>(?:\bDETAIL:|\[parameters:)\s{1,4})(?P<row>[^\r\n]{1,8000}+)
    | (?P<digits>__DIGITS__)
    """.replace("__SECRET__", f"(?i:{CONFIDENTIAL_END})")
    .replace("__QUOTE__", _QUOTE)
    .replace("__DIGITS__", _DIGITS),
    re.VERBOSE,
)


def redact(text: str) -> str:
    """Give the text with REDACTED in place of each secret; what is left of it is as it was.

    The values that databases put into their errors, after ``DETAIL:`` and in SQLAlchemy's ``[parameters: …]``, count as
    secrets too.
    """
    return _PATTERNS.sub(_replace, text) if _may_hold_secrets(text) else text


# A text without any of these is not searched: that costs fifty times as much, and most texts have none.
_SIGNS = ("@", "%40", "eyJ", "-----BEGIN", "AKIA", "ASIA", "gh", "glpat-", "sk-", "sk_", "xox", "AIza", "DETAIL:")
_SIGNS_IN_ANY_CASE = ("bearer", "basic")
_NAMES = (
    *("passw", "passp", "passc", "pwd", "secret", "token", "key", "credential", "session", "cookie", "auth"),
    *("signature", "jwt"),
)
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


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind in _KEPT_BEFORE:
        return match[_KEPT_BEFORE[kind]] + REDACTED
    return redact_cards(match[0], REDACTED) if kind == "digits" else REDACTED


_KEPT_BEFORE = {"line": "header", "credentials": "scheme", "value": "name", "row": "database"}
