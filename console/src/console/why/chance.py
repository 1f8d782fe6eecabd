"""The questions that are asked of chance. SciPy answers them; it is an extra, and it is imported when it is asked.

A wrong alarm costs more than a late one: what is told is what chance alone would bring about in one of twenty
comparisons at most, however many things each of them looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

ALPHA = 0.05


class StatisticsMissingError(RuntimeError):
    """SciPy is not installed; the message says how it comes."""


def load() -> ModuleType:
    """Import SciPy's statistics, which takes a second; raise StatisticsMissingError."""
    try:
        from scipy import stats  # noqa: PLC0415  who does not ask need not have it
    except ModuleNotFoundError:
        raise StatisticsMissingError("why needs SciPy: pip install 'throughline-console[why]'") from None
    return stats


def more_often(hits: int, of: int, hits_before: int, of_before: int) -> float:
    """Give the probability of at least so many hits, had the hits of both groups been dealt out by chance.

    This is Fisher's exact test, one-sided. Where a hit is a value beyond one that was picked from the group before, it
    is the exceedance (or precedence) test, which is exact, too: whatever the values' distribution is.
    """
    if not hits:
        return 1.0  # also where there is nothing at all
    return float(load().hypergeom.sf(hits - 1, of + of_before, hits + hits_before, of))


def larger(values: Sequence[float], before: Sequence[float]) -> float:
    """Give the probability that values are so much larger than those before by chance alone.

    This is the test of Mann and Whitney, one-sided; 1 where there is nothing to compare.
    """
    if not values or not before or (min(values) == max(values) == min(before) == max(before)):
        return 1.0
    return float(load().mannwhitneyu(values, before, alternative="greater", method="asymptotic").pvalue)


def corrected(chances: Sequence[float]) -> list[float]:
    """Correct probabilities for how many they are, by Benjamini and Yekutieli: they may depend on each other."""
    if not chances:
        return []
    return [float(each) for each in load().false_discovery_control(chances, method="by")]
