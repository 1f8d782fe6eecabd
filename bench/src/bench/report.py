"""The figures as text: a table for the terminal, and bench/RESULTS.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.launch import Plan
from bench.plot import Bar, draw
from bench.summary import GATE, Spread, Summary, drift, is_void, targets
from bench.variants import BASE, CONTROL, OURS, OURS_SAMPLED, OURS_UNEXPORTED, STOCK, VARIANTS

Row = tuple[str, ...]
_HEAD: Row = (
    "variant",
    "spans sent",
    "CPU µs",
    "over untraced",
    "added, stock = 1",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "p99 over untraced",
)
_LABELS = {variant.name: variant.label for variant in VARIANTS}
_SPANS = {variant.name: variant.expected.spans * variant.expected.share for variant in VARIANTS}
_MICRO, _MILLI = 1e6, 1e3


_ABOUT = """\
One request, `POST /v1/orders`, through three processes: gateway (FastAPI, uvicorn), order and user (`grpc.aio`), with
all work in memory. {clients} clients in a process of their own each send the next request when the one before is
answered: {requests} requests a launch, after {warmup} to warm up. {launches} launches of each variant, in fresh
processes, all variants once a round, in a new order each round. Spans go to a receiver outside of the measured
processes, and a launch counts only when every trace arrived whole. CPU is that of the three processes together, until
all spans are sent. Each figure is the median over the rounds; ratios are taken within a round, over the mean of its two
untraced launches (the control over the first of them); the least and the greatest stand in brackets. A client that
waits for its answer sends nothing meanwhile: the latencies are those of services that are not overrun."""


_PROFILED = """\
CPU µs a request by package, out of samples of the three processes' stacks in one more launch of each: what runs in C
or in the standard library counts for the package that called it. A figure is right to about a tenth of it, or 10 µs."""
_LEAST = 5.0  # µs


@dataclass(frozen=True, slots=True)
class Run:
    """All that a report is made of.

    Attributes:
        summaries: The figures.
        plan: How much was done.
        began: When, as people write it.
        seconds: How long it took.
        load: What the machine had to do when it began: processes that wanted to run.
        machine: Facts by name.
        profiles: CPU seconds a request by package, by variant.
        spans: Seconds that the SDK takes and that ours take, by kind of work on one span.
        versions: Versions by package, by environment.
        left_out: Why, by variant.
    """

    summaries: dict[str, Summary]
    plan: Plan
    began: str
    seconds: float
    load: float
    machine: Mapping[str, str]
    profiles: Mapping[str, Mapping[str, float]]
    spans: Mapping[str, tuple[float, float]]
    versions: Mapping[str, Mapping[str, str]]
    left_out: Mapping[str, str]


def rows(summaries: Mapping[str, Summary]) -> list[Row]:
    """Give the table's cells, a row a variant."""
    return [
        (
            _LABELS[name],
            f"{_SPANS[name]:g}",
            f"{one.cpu.middle * _MICRO:.0f}",
            _spread(one.ratio),
            "" if one.added is None or name in (BASE, CONTROL) else _spread(one.added),
            f"{one.rate:.0f}",
            f"{one.p50 * _MILLI:.1f}",
            f"{one.p99 * _MILLI:.1f}",
            _spread(one.p99_ratio),
        )
        for name, one in summaries.items()
    ]


def terminal(run: Run) -> str:
    """Give what is printed at the end."""
    body = rows(run.summaries)
    widths = [max(len(row[column]) for row in (_HEAD, *body)) for column in range(len(_HEAD))]
    table = [
        "  ".join(_cell(text, width, place) for place, (text, width) in enumerate(zip(row, widths, strict=True)))
        for row in (_HEAD, *body)
    ]
    left_out = [f"left out: {_LABELS[name]}: {why}" for name, why in run.left_out.items()]
    wanted = [f"{each.verdict:>12}  {each.text}{_figure(each.figure)}" for each in targets(run.summaries)]
    return "\n".join([*table, "", *left_out, *wanted, "", control(run.summaries)])


def control(summaries: dict[str, Summary]) -> str:
    """Say whether the run can be trusted."""
    off = f"the control is {abs(drift(summaries)):.1%} {'above' if drift(summaries) > 0 else 'below'} untraced"
    if is_void(summaries):
        return f"VOID: {off}, more than {GATE:.0%}: nothing can be told from this run; is the machine busy?"
    return f"Control: {off}, within the {GATE:.0%} that are allowed."


def markdown(run: Run) -> str:
    """Give RESULTS.md."""
    plan, launches = run.plan, max(one.launches for one in run.summaries.values())
    return "\n".join(
        [
            "# What tracing costs",
            "",
            f"Written by `make bench` on {run.began}, in {run.seconds / 60:.1f} minutes; do not edit.",
            "",
            _ABOUT.format(clients=plan.clients, requests=plan.requests, warmup=plan.warmup, launches=launches),
            "",
            control(run.summaries),
            "",
            "![CPU a request](results.svg)",
            "",
            *_table(_HEAD, rows(run.summaries)),
            "",
            *(f"Left out: {_LABELS[name]}: {why}.\n" for name, why in run.left_out.items()),
            "## Targets",
            "",
            *_table(
                ("target", "measured", ""),
                [(one.text, _figure(one.figure).strip(" :"), one.verdict) for one in targets(run.summaries)],
            ),
            "",
            *_where_it_goes(run.summaries),
            *_by_package(run.profiles),
            *_by_process(run.summaries),
            *_one_span(run.spans),
            "## Measured on",
            "",
            *_table(("", ""), [*run.machine.items(), ("Load when it began", f"{run.load:.2f}")]),
            "",
            *_table(("package", *run.versions), _version_rows(run.versions)),
            "",
        ]
    )


def picture(run: Run) -> str:
    """Give results.svg."""
    bars = [
        Bar(
            _LABELS[name],
            Spread(*(value * _MICRO for value in (one.cpu.low, one.cpu.middle, one.cpu.high))),
            _LABELS[name].startswith(OURS),
        )
        for name, one in run.summaries.items()
    ]
    return draw(bars, run.summaries[BASE].cpu.middle * _MICRO, "What tracing costs: one request through three services")


def _where_it_goes(summaries: Mapping[str, Summary]) -> list[str]:
    steps = (
        ("carrying the context: interceptors, metadata, the decision not to record", BASE, OURS_SAMPLED),
        ("recording five spans", OURS_SAMPLED, OURS_UNEXPORTED),
        ("encoding and sending them", OURS_UNEXPORTED, OURS),
    )
    if not {name for _, *names in steps for name in names} <= summaries.keys():
        return []
    total = summaries[OURS].cpu.middle - summaries[BASE].cpu.middle
    parts = [(text, summaries[to].cpu.middle - summaries[of].cpu.middle) for text, of, to in steps]
    cells = [(text, f"{part * _MICRO:.0f}", f"{part / total:.0%}" if total else "") for text, part in parts]
    return ["## Where the rest of ours goes", "", *_table(("what", "CPU µs a request", "share"), cells), ""]


def _by_package(profiles: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Give a table of the packages, those first that ours make work the most; what is below the least is left out."""
    if not {BASE, OURS} <= profiles.keys():
        return []

    def added(package: str) -> float:
        return profiles[OURS].get(package, 0.0) - profiles[BASE].get(package, 0.0)

    packages = dict.fromkeys(package for each in profiles.values() for package in each)
    shown = [each for each in packages if max(one.get(each, 0.0) for one in profiles.values()) * _MICRO >= _LEAST]
    cells = [
        (
            package,
            *(f"{one.get(package, 0.0) * _MICRO:.0f}" for one in profiles.values()),
            f"{added(package) * _MICRO:+.0f}",
        )
        for package in sorted(shown, key=added, reverse=True)
    ]
    head = ("package", *(_LABELS[name] for name in profiles), "ours: spans, over untraced")
    return [_PROFILED, "", *_table(head, cells), ""]


def _by_process(summaries: Mapping[str, Summary]) -> list[str]:
    names = [name for name in (BASE, STOCK, OURS) if name in summaries]
    cells = [(_LABELS[name], *(f"{cpu * _MICRO:.0f}" for cpu in summaries[name].by_process.values())) for name in names]
    return ["CPU µs a request by process:", "", *_table(("variant", *summaries[BASE].by_process), cells), ""]


def _one_span(spans: Mapping[str, tuple[float, float]]) -> list[str]:
    cells = [(work, f"{stock * _MICRO:.1f}", f"{ours * _MICRO:.1f}") for work, (stock, ours) in spans.items()]
    head = ("µs, in a process that does nothing else", "the SDK's", "ours")
    return ["## One span", "", *_table(head, cells), ""]


def _version_rows(versions: Mapping[str, Mapping[str, str]]) -> list[Row]:
    packages = dict.fromkeys(package for each in versions.values() for package in each)
    return [(package, *(each.get(package, "") for each in versions.values())) for package in packages]


def _table(head: Row, body: Sequence[Row]) -> list[str]:
    return [_line(head), _line(("---",) * len(head)), *(_line(row) for row in body)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str, width: int, place: int) -> str:
    return text.rjust(width) if place else text.ljust(width)


def _spread(spread: Spread) -> str:
    return f"{spread.middle:.2f} [{spread.low:.2f}..{spread.high:.2f}]"


def _figure(figure: float | None) -> str:
    return "" if figure is None else f": {figure:.2f}"
