"""How the pages write times, rates and names."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from console.service_map import Edge
from console.tree import duration_text

_NANOSECONDS = 1_000_000_000
_MILLISECOND = 1_000_000
_ROUND_FROM = 10
_WARN, _ERROR = 13, 17  # OTLP's severity numbers


def clock_text(nanoseconds: int) -> str:
    """Write the time of a moment to the millisecond: 10:42:07.031, in UTC."""
    return f"{_moment(nanoseconds):%H:%M:%S}.{nanoseconds // 1_000_000 % 1_000:03d}"


def date_text(nanoseconds: int) -> str:
    """Write a moment as ISO 8601, to the millisecond, in UTC."""
    return f"{_moment(nanoseconds):%Y-%m-%dT%H:%M:%S}.{nanoseconds // 1_000_000 % 1_000:03d}Z"


def seconds_text(seconds: float | None) -> str:
    """Write a duration in seconds in the unit that suits it; nothing for one that is not known."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    return duration_text(round(seconds * _NANOSECONDS))


def rate_text(per_second: float) -> str:
    """Write how often a second something happens: 12/s, 0.40/s."""
    if per_second == 0:
        return "0/s"
    return f"{per_second:.0f}/s" if per_second >= _ROUND_FROM else f"{per_second:.2f}/s"


def percent(part: float, whole: float) -> float:
    """Give how many percent of the whole a part is, to a thousandth, for a drawing."""
    return round(100 * part / whole, 3) if whole else 0.0


def meter(duration: int, longest: int) -> float:
    """Give the percent of a meter that a duration fills: each factor of ten is as long as the one before it."""
    return percent(math.log1p(duration / _MILLISECOND), math.log1p(longest / _MILLISECOND))


def stroke_width(edge: Edge) -> float:
    """Give how thick the line of an edge is: a little more for each factor of ten in calls."""
    return round(1 + 0.8 * math.log10(max(1, edge.calls)), 2)


def severity_class(severity: int) -> str:
    """Name how bad a log record is for the style sheet: warned, failed, or nothing."""
    if severity >= _ERROR:
        return "failed"
    return "warned" if severity >= _WARN else ""


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds // _NANOSECONDS, UTC)
