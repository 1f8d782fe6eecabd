"""``console why``: what changed, in the terminal."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from console.terminal import visible
from console.why import Answer, Compared, Finding, Windows, compare
from console.why.change import Change
from console.why.recorded import recorded
from console.why.words import figures, headline, met_text, summary

_WORTH_A_DIGIT = 0.001


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared.

    Attributes:
        since: how long ago it began, nanoseconds.
        before: how long the time before is, nanoseconds; None: three times as long.
        least: nanoseconds; what became slower by less is not told.
        most: how many traces are read of each.
    """

    since: int
    before: int | None
    least: int
    most: int


def why(url: str, asked: Asked, *, as_json: bool, out: TextIO, err: TextIO) -> bool:
    """Say what changed.

    Args:
        url: of a console or a Jaeger.
        asked: what is compared.
        as_json: write a JSON object.
        out: for the answer.
        err: for progress.

    Returns:
        Whether something did.

    Raises:
        QueryError: nothing answers there, or not with traces.
        StatisticsMissingError: SciPy is not installed.
    """
    windows = Windows.until(time.time_ns(), asked.since, asked.before)
    answer = _ask(url, windows, asked, Console(file=err))
    if as_json:
        json.dump(document(answer), out, ensure_ascii=False, indent=2)
        out.write("\n")
    else:
        _print(answer, url.rstrip("/"), Console(file=out))
    return bool(answer.findings)


def _ask(url: str, windows: Windows, asked: Asked, screen: Console) -> Answer:
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        reading = progress.add_task("reading traces", total=1.0)
        compared: Compared = recorded(url, windows, asked.most, lambda share: progress.update(reading, completed=share))
        progress.add_task("comparing", total=None)
        return compare(compared.before, compared.after, least=asked.least)


def document(answer: Answer) -> dict[str, Any]:
    """Give what `--json` writes: figures of time are nanoseconds, chances are corrected."""
    return {
        "traces": answer.after,
        "traces_before": answer.before,
        "too_little": answer.is_too_little,
        "findings": [
            {
                **_change(finding.change),
                "met": [
                    {
                        "values": [value._asdict() for value in met.values],
                        "inside": asdict(met.inside),
                        "elsewhere": asdict(met.elsewhere),
                        "chance": met.chance,
                    }
                    for met in finding.met
                ],
                "follows": [_change(change) for change in finding.follows],
                "examples": list(finding.examples),
                "example_before": finding.example_before or None,
            }
            for finding in answer.findings
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    what = change.what
    return {
        "kind": what.kind,
        "operation": what.operation._asdict(),
        "failure": what.failure,
        "caller": what.caller._asdict(),
        "says": headline(change),
        "before": asdict(change.before),
        "after": asdict(change.after),
        "usual": change.usual,
        "now": change.now,
        "chance": change.chance,
    }


def _print(answer: Answer, url: str, screen: Console) -> None:
    screen.print(Text(summary(answer), "dim" if answer.findings else "default"), soft_wrap=True)
    for number, finding in enumerate(answer.findings, 1):
        screen.print()
        for line in _lines(number, finding, url):
            screen.print(line, soft_wrap=True)


def _lines(number: int, finding: Finding, url: str) -> list[Text]:
    change = finding.change
    lines = [
        Text(f"{number}. ", "bold red").append(visible(headline(change)), "bold"),
        Text(f"   {figures(change)}").append(f"  ({_chance(change.chance)})", "dim"),
    ]
    lines += [Text("   ").append(visible(met_text(met)), "yellow") for met in finding.met]
    lines += [Text(f"   with it: {visible(headline(each))}") for each in finding.follows]
    lines += [Text(f"   {url}/trace/{trace_id}", "cyan") for trace_id in finding.examples]
    if finding.example_before:
        lines.append(Text(f"   {url}/trace/{finding.example_before}", "cyan").append("  before", "dim"))
    return lines


def _chance(chance: float) -> str:
    return "by chance: less than 1 in 1000" if chance < _WORTH_A_DIGIT else f"by chance: {chance:.1%}"
