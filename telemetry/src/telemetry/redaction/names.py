"""Which names say that their value is a secret: of headers, of query parameters, of fields.

Each kind has its own rule. A header or parameter is only shown on request, so one secret word in
its name is enough. Fields are shown unless they are secret, and most names with such a word are counts, dates and flags
(``token_count``, ``password_changed_at``): only a name that ends in a secret word counts.
"""

from __future__ import annotations

import re
from functools import lru_cache

# A pattern, in any case, for the end of the name of a secret. `max_tokens` and page tokens are no credentials.
CONFIDENTIAL_END = (
    r"(?:(?:password|secret|credential|cookie|signature)s?|passwd|pwd|passphrase|passcode|authorization|jwt"
    r"|(?<!page)(?<!page[_-])(?<!continuation)(?<!continuation[_-])token"
    r"|(?:api|access|private|secret|signing|encryption|master|auth)[_-]?keys?|session[_-]?id)"
    r"(?:[_-]?(?:value|hash|text|raw|[0-9]{1,3}))?"
)
_SECRET_WORD = re.compile(
    r"(?i)password|passwd|pwd|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential"
    r"|session[-_]?id|cookie|authorization|signature|jwt|^x-[\w-]*auth[\w-]*$|^(?:api)?key$|^sig$|^auth$"
)
_SECRET_FIELD = re.compile(rf"(?i)[\s\S]*?{CONFIDENTIAL_END}")


@lru_cache(maxsize=1024)
def is_secret_header(name: str) -> bool:
    """Tell whether a header of this name holds a secret, such as ``Authorization`` or ``X-Api-Key``."""
    return _SECRET_WORD.search(name) is not None


@lru_cache(maxsize=1024)
def is_secret_parameter(name: str) -> bool:
    """Tell whether a query parameter of this name holds a secret, such as ``access_token``, or OAuth's ``code``."""
    return name.lower() == "code" or _SECRET_WORD.search(name) is not None


@lru_cache(maxsize=1024)
def is_secret_field(name: str) -> bool:
    """Tell whether a text in a field of this name is a secret, such as ``db.password`` or ``accessToken``.

    Numbers and booleans are no secrets, whatever the name: ask for texts alone.
    """
    return _SECRET_FIELD.fullmatch(name) is not None
