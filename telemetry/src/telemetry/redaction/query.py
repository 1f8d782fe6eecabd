"""The query of a URL as a span shows it: the names of its parameters, and the values that are asked for."""

from __future__ import annotations

import re
from collections.abc import Collection

from telemetry.redaction.names import is_secret_parameter
from telemetry.redaction.text import REDACTED, redact

_MOST_PARAMETERS = 32
_LONGEST_VALUE = 256
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]-]{0,31}")


def redact_query(query: str, shown: Collection[str] = ()) -> str:
    """Give a query with REDACTED for each value, except for the parameters in `shown`, which pass through `redact`.

    A parameter with an unusual name is REDACTED as a whole. At most the first 32 parameters are given.
    """
    return "&".join(_redact_parameter(part, shown) for part in query.split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS])


def _redact_parameter(part: str, shown: Collection[str]) -> str:
    name, equals, value = part.partition("=")
    if not equals or _PLAIN_NAME.fullmatch(name) is None or redact(name) != name:
        return REDACTED
    visible = name in shown and not is_secret_parameter(name)
    return f"{name}={redact(value[:_LONGEST_VALUE]) if visible else REDACTED}"
