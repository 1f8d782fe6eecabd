"""``python -m stack.judged_why [--runs N] [--only FAULT]``: writes the table of docs/explanation/what-changed.md."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress

from faults.catalogue import load
from stack.judged_why.cases import cases, judge, unchanged
from stack.judged_why.cells import Cells, cells
from stack.judged_why.table import Results, summary, written
from stack.judged_why.traffic import traffic
from stack.places import ROOT

PAGE = ROOT / "docs" / "explanation" / "what-changed.md"

_RUNS = 20
_SEED = 8


def main(arguments: Sequence[str]) -> int:
    """Judge; 1 when it is not good enough. With --only, nothing is written."""
    parser = argparse.ArgumentParser(prog="stack.judged_why", description="Judges `console why` by the catalogue.")
    parser.add_argument("--runs", type=int, default=_RUNS, help="with traffic that does not change (%(default)s)")
    parser.add_argument("--only", action="append", choices=load().ids, help="this failure; writes nothing")
    given = parser.parse_args(arguments)
    logging.disable()  # what fails here is meant to
    screen = Console(stderr=True)
    with TemporaryDirectory() as folder, cells(Path(folder)) as running:
        results = asyncio.run(_judge(running, given.runs, given.only or load().ids, screen))
    screen.print(
        f"named first: {results.named_first} of {len(results.judged)}; "
        f"quiet: {results.quiet} of {len(results.unchanged)}\n{summary(results.judged)}",
        highlight=False,
    )
    if not given.only:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), results, load()), encoding="utf-8")
    return 0 if results.are_good else 1


async def _judge(running: Cells, runs: int, only: Collection[str], screen: Console) -> Results:
    results = Results()
    wanted = [case for case in cases(load()) if case.fault.id in only]
    with Progress(console=screen, disable=not screen.is_terminal) as progress:
        async with traffic(running, _SEED) as sent:
            await sent.prepare()
            for _ in progress.track(range(runs), description="nothing changes"):
                results.unchanged.append(await unchanged(running, sent))
            for case in progress.track(wanted, description="failures"):
                results.judged.append(await judge(case, running, sent))
    return results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
