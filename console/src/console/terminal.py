"""Text that comes from elsewhere, made fit for a terminal."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    """Give the text in one line, with control characters made visible: it cannot command the terminal."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_hidden(char) else char for char in " ".join(text.split()))


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN
