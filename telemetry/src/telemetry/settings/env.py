"""Typed reading of environment variables, with one clear line for an invalid value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(?P<port>[0-9]{1,5})")
_HIGHEST_PORT = 65535


class ConfigError(ValueError):
    """A setting is invalid; the message is one line: the setting, the value and what is allowed."""


class Secret:
    """A text that no repr, log or traceback shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class Env:
    """Reads typed settings from an environment such as ``os.environ``.

    A variable that is set to the empty string counts as not set, as the OpenTelemetry specification asks
    (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). Every method raises
    ConfigError for a value that is not allowed.
    """

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, name: str) -> str | None:
        """Return the value without surrounding white space; None when it is not set or empty."""
        return self._environ.get(name, "").strip() or None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a default the variable must be set."""
        value = self.get(name)
        if value is not None:
            return value
        if default is None:
            raise ConfigError(f"{name} is not set: expected a text")
        return default

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        """Return a number between low and high, both included."""
        value = self.get(name)
        return default if value is None else _bounded(name, value, _finite(value), (low, high), "a number")

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        """Return an integer between low and high, both included."""
        value = self.get(name)
        return default if value is None else int(_bounded(name, value, _whole(value), (low, high), "a whole number"))

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed texts."""
        value = self.get(name)
        if value is None:
            return default
        if value not in allowed:
            raise ConfigError(f"{name}={value!r}: expected one of {', '.join(allowed)}")
        return value

    def flag(self, name: str, default: bool) -> bool:  # noqa: FBT001  reads as the variable and its default
        """Return a boolean."""
        value = self.get(name)
        if value is None:
            return default
        if value.lower() not in _TRUE + _FALSE:
            raise ConfigError(f"{name}={value!r}: expected one of {', '.join(_TRUE + _FALSE)}")
        return value.lower() in _TRUE

    def address(self, name: str, default: str) -> str:
        """Return a ``host:port``, with an IPv6 host in brackets."""
        value = self.text(name, default)
        match = _ADDRESS.fullmatch(value)
        if match is None or int(match["port"]) > _HIGHEST_PORT:
            raise ConfigError(f"{name}={value!r}: expected HOST:PORT with a port from 0 to {_HIGHEST_PORT}")
        return value

    def secret(self, name: str) -> Secret | None:
        """Return a secret: NAME itself, or the content of the file named by NAME_FILE; None when neither is set."""
        value, path = self.get(name), self.get(f"{name}_FILE")
        if value is not None and path is not None:
            raise ConfigError(f"{name} and {name}_FILE are both set: expected one of them")
        if path is not None:
            value = _read_secret(f"{name}_FILE", path)
        return None if value is None else Secret(value)


def _finite(value: str) -> float | None:
    """Return the number; None for what only Python takes for one, such as ``1_0`` and ``nan``."""
    return float(value) if _NUMBER.fullmatch(value) else None


def _whole(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[+-]?[0-9]{1,18}", value) else None


def _bounded(name: str, given: str, number: float | None, bounds: tuple[float, float], kind: str) -> float:
    low, high = bounds
    if number is None or not low <= number <= high:
        raise ConfigError(f"{name}={given!r}: expected {kind} between {low:.15g} and {high:.15g}")
    return number


def _read_secret(name: str, path: str) -> str:
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{name}={path!r}: the file cannot be read: {reason}") from None
    if not content:
        raise ConfigError(f"{name}={path!r}: the file is empty")
    return content
