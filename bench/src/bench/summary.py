"""From launches to figures. Every figure of a variant is a median over the rounds, compared within the round.

A round has two untraced launches, of which the second is the control: what all others are compared with is the mean of
both, which is steadier than either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from bench.launch import Launch
from bench.variants import BASE, CONTROL, OURS, OURS_ALL, OURS_SAMPLED, STOCK

GATE = 0.05


@dataclass(frozen=True, slots=True)
class Spread:
    """A median between the least and the greatest."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Give that of the values."""
        return cls(min(values), median(values), max(values))


@dataclass(frozen=True, slots=True)
class Summary:
    """A variant's figures.

    Attributes:
        cpu: CPU seconds a request, of all processes together.
        ratio: The same over untraced, in the same round.
        added: What is above untraced in the same round, with stock's median as 1; None without stock.
        rate: Requests a second.
        p50: Seconds.
        p99: Seconds.
        p99_ratio: The same over untraced, in the same round.
        by_process: CPU seconds a request of each process.
        launches: How many.
    """

    cpu: Spread
    ratio: Spread
    added: Spread | None
    rate: float
    p50: float
    p99: float
    p99_ratio: Spread
    by_process: dict[str, float]
    launches: int


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted of a figure.

    Attributes:
        text: What and how much.
        limit: The most that it may be.
        figure: What it is; None when it was not measured.
    """

    text: str
    limit: float
    figure: float | None

    @property
    def verdict(self) -> str:
        """Give "met", "not met" or "not measured"."""
        if self.figure is None:
            return "not measured"
        return "met" if self.figure <= self.limit else "not met"


def summarize(launches: Sequence[Launch]) -> dict[str, Summary]:
    """Give each variant's figures, in the order in which they first came."""
    rounds: dict[int, dict[str, Launch]] = {}
    for launch in launches:
        rounds.setdefault(launch.round, {})[launch.variant] = launch
    stock = [each.added for each in _compare(rounds.values(), STOCK)]
    unit = median(stock) if stock else None
    names = dict.fromkeys(each.variant for each in launches)
    return {name: _summary(_compare(rounds.values(), name), unit) for name in names}


def drift(summaries: dict[str, Summary]) -> float:
    """Give how far the untraced control is off the untraced launches, as a share: 0.03 is 3 % more, -0.03 less."""
    return summaries[CONTROL].ratio.middle - 1


def is_void(summaries: dict[str, Summary]) -> bool:
    """Tell whether the same thing, measured twice, differs by so much that nothing can be told from the run."""
    return abs(drift(summaries)) > GATE


def targets(summaries: dict[str, Summary]) -> list[Target]:
    """Give what is wanted, beside what is."""

    def added(name: str) -> float | None:
        found = summaries.get(name)
        return found.added.middle if found and found.added else None

    ours, sampled = summaries.get(OURS), summaries.get(OURS_SAMPLED)
    tail = ours.p99_ratio.middle if ours else None
    of_untraced = sampled.ratio.middle - 1 if sampled else None
    return [
        Target("spans: added CPU, stock = 1.00, at most 0.50", 0.50, added(OURS)),
        Target("spans, metrics and logs: added CPU, stock = 1.00, at most 0.80", 0.80, added(OURS_ALL)),
        Target("spans: p99 with two clients, over untraced, at most 3.00", 3.0, tail),
        Target("1 % sampled: added CPU, of untraced, at most 0.10", 0.10, of_untraced),
    ]


@dataclass(frozen=True, slots=True)
class _Compared:
    """A launch beside what untraced took in its round: CPU seconds a request, and the seconds of the slowest in 100."""

    launch: Launch
    untraced_cpu: float
    untraced_p99: float

    @property
    def added(self) -> float:
        return self.launch.cpu_of_request - self.untraced_cpu


def _compare(rounds: Iterable[Mapping[str, Launch]], name: str) -> list[_Compared]:
    # The control, and what it controls, are compared with the latter alone.
    bases = (BASE,) if name in {BASE, CONTROL} else (BASE, CONTROL)
    compared = []
    for launches in rounds:
        if name in launches:
            untraced = [launches[base] for base in bases if base in launches]
            cpu, p99 = fmean(each.cpu_of_request for each in untraced), fmean(each.p99 for each in untraced)
            compared.append(_Compared(launches[name], cpu, p99))
    return compared


def _summary(compared: Sequence[_Compared], unit: float | None) -> Summary:
    own = [each.launch for each in compared]
    return Summary(
        cpu=Spread.of([one.cpu_of_request for one in own]),
        ratio=Spread.of([each.launch.cpu_of_request / each.untraced_cpu for each in compared]),
        added=Spread.of([each.added / unit for each in compared]) if unit else None,
        rate=median(one.requests / one.seconds for one in own),
        p50=median(one.p50 for one in own),
        p99=median(one.p99 for one in own),
        p99_ratio=Spread.of([each.launch.p99 / each.untraced_p99 for each in compared]),
        by_process={role: median(one.cpu[role] / one.requests for one in own) for role in own[0].cpu},
        launches=len(own),
    )
