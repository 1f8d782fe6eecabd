"""Checks of settings; each raises ConfigError with one clear line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from telemetry.settings.env import ConfigError


def one_of(name: str, given: str, allowed: Sequence[str]) -> None:
    """Check that the text is an allowed one."""
    if given not in allowed:
        raise ConfigError(f"{name}={given!r}: expected one of {', '.join(allowed)}")


def between(name: str, given: float, low: float, high: float) -> None:
    """Check that the number lies between low and high, both included."""
    if not low <= given <= high:
        raise ConfigError(f"{name}={given!r}: expected a number between {low:.15g} and {high:.15g}")


def http_url(name: str, given: str) -> None:
    """Check that the text is an http or https URL with a host."""
    try:
        parts = urlsplit(given)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        shown = re.sub("//.*@", "//…@", given)  # user name and password stay out of the message
        raise ConfigError(f"{name}={shown!r}: expected a URL such as http://localhost:4318")
