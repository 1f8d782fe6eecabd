"""The file of sampling rules: read, validated, and compiled for matching."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.sampling.chances import Chance, Rate, Ratio
from telemetry.settings.env import ConfigError

_MOST_A_SECOND = 1_000_000
_LARGEST_FILE = 1_000_000
_CHANCES = ("ratio", "rate")
_TEXTS = ("name", "route", "span", "method", "tenant")
_RULE_KEYS = (*_TEXTS, "attributes", *_CHANCES)
_FILE_KEYS = ("rule", "default")

# What `route` is compared with; the template of an HTTP route is not known when a span starts.
_ROUTES = (semconv.HTTP_ROUTE, semconv.URL_PATH, semconv.RPC_METHOD)


@dataclass(frozen=True, slots=True)
class Rule:
    """The conditions of a root, and its chance. A condition that is None or empty matches everything."""

    chance: Chance
    route: re.Pattern[str] | None = None
    span: re.Pattern[str] | None = None
    method: str | None = None
    tenant: str | None = None
    attributes: tuple[tuple[str, AttributeValue], ...] = ()

    def matches(self, name: str, attributes: Mapping[str, AttributeValue], tenant: str | None) -> bool:
        """Return whether the root matches."""
        return (
            (self.method is None or attributes.get(semconv.HTTP_REQUEST_METHOD) == self.method)
            and (self.tenant is None or tenant == self.tenant)
            and (self.span is None or self.span.fullmatch(name) is not None)
            and (self.route is None or _is_on(self.route, name, attributes))
            and all(attributes.get(key) == value for key, value in self.attributes)
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """A file's rules in order, and the chance of roots that match none."""

    rules: tuple[Rule, ...]
    default: Chance
    by_tenant: bool


def read_rules(path: str) -> Rules:
    """Read the file; raise ConfigError with one line that names the file, the rule, and what is allowed."""
    content = _table(_parse(path), path, _FILE_KEYS)
    rules = content.get("rule", [])
    if not isinstance(rules, list):
        raise ConfigError(f"{path}: rule={rules!r}: expected a list of rules, each [[rule]]")
    made = tuple(_rule(each, _where(path, number, each)) for number, each in enumerate(rules, 1))
    where = f"{path}: default"
    default = _table(content.get("default", {"ratio": 1.0}), where, _CHANCES)
    return Rules(made, _chance(default, where), by_tenant=any(rule.tenant is not None for rule in made))


def _parse(path: str) -> object:
    try:
        with Path(path).open("rb") as file:
            text = file.read(_LARGEST_FILE).decode()
        return json.loads(text) if path.endswith(".json") else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: the sampling rules cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # of both formats, and of UTF-8
        kind = "JSON" if path.endswith(".json") else "TOML"
        raise ConfigError(f"{path}: the sampling rules are not {kind}: {' '.join(str(error).split())}") from None


def _where(path: str, number: int, rule: object) -> str:
    name = rule.get("name") if isinstance(rule, dict) else None
    return f"{path}: rule {number} ({name})" if isinstance(name, str) else f"{path}: rule {number}"


def _rule(given: object, where: str) -> Rule:
    rule = _table(given, where, _RULE_KEYS)
    for key in _TEXTS:
        if key in rule and not (isinstance(rule[key], str) and rule[key]):
            raise ConfigError(f"{where}: {key}={rule[key]!r}: expected a text")
    method: str | None = rule.get("method")
    return Rule(
        chance=_chance(rule, where),
        route=_pattern(rule.get("route")),
        span=_pattern(rule.get("span")),
        method=None if method is None else method.upper(),
        tenant=rule.get("tenant"),
        attributes=_attributes(rule.get("attributes", {}), where),
    )


def _table(given: object, where: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ConfigError(f"{where}: {given!r}: expected a table of {', '.join(allowed)}")
    for key in given:
        if key not in allowed:
            raise ConfigError(f"{where}: {key}: expected one of {', '.join(allowed)}")
    return given


def _chance(rule: Mapping[str, Any], where: str) -> Chance:
    named = [key for key in _CHANCES if key in rule]
    if len(named) != 1:
        raise ConfigError(f"{where}: {' and '.join(named) or 'no chance'} given: expected either ratio or rate")
    if named == ["ratio"]:
        return Ratio(_number(rule, "ratio", where, 1))
    return Rate(_number(rule, "rate", where, _MOST_A_SECOND))


def _number(rule: Mapping[str, Any], key: str, where: str, high: float) -> float:
    value = rule[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= high:
        raise ConfigError(f"{where}: {key}={value!r}: expected a number between 0 and {high}")
    return float(value)


def _attributes(given: object, where: str) -> tuple[tuple[str, AttributeValue], ...]:
    if not isinstance(given, dict) or not all(isinstance(value, (str, bool, int, float)) for value in given.values()):
        raise ConfigError(f"{where}: attributes={given!r}: expected a table of texts, numbers and truth values")
    return tuple(given.items())


def _pattern(glob: str | None) -> re.Pattern[str] | None:
    """Compile ``*`` to any text, ``?`` to any character, and ``{id}`` to one segment of a path."""
    if glob is None:
        return None
    parts = re.split(r"(\*+|\?|\{[^{}/]*\})", glob)
    wild = {"*": ".*", "?": ".", "{": "[^/]+"}
    made = [wild[part[0]] if number % 2 else re.escape(part) for number, part in enumerate(parts)]
    return re.compile("".join(made), re.DOTALL)


def _is_on(route: re.Pattern[str], name: str, attributes: Mapping[str, AttributeValue]) -> bool:
    known = [value for key in _ROUTES if isinstance(value := attributes.get(key), str)]
    return any(route.fullmatch(value) for value in known or [name])
