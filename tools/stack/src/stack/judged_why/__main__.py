"""``python -m stack.judged_why [--runs N] [--only FAULT…] PAGE``: writes the table of a page."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from console.store import TraceStore
from faults.catalogue import load
from stack.judged_why.cases import Judged, cases, judge, unchanged
from stack.judged_why.cells import Cells, cells
from stack.judged_why.traffic import traffic

_RUNS = 20


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="stack.judged_why")
    parser.add_argument("--runs", type=int, default=_RUNS)
    parser.add_argument("--only", action="append")
    given = parser.parse_args(arguments)
    with TemporaryDirectory() as folder, cells(Path(folder)) as running:
        asyncio.run(_run(running, given.runs, given.only))
    return 0


def tell(answer):
    for f in answer.findings:
        c = f.change
        print(
            "     ",
            c.what.kind.value,
            c.what.operation[:2],
            c.what.detail,
            c.before,
            c.after,
            c.usual / 1e6,
            c.now / 1e6,
            "%.1e" % c.chance,
            [tuple(map(str, m.values)) for m in f.met],
            "follows",
            [(x.what.kind.value, x.what.operation[:2]) for x in f.follows],
        )


async def _run(running: Cells, runs: int, only) -> None:
    import time

    async with traffic(running, 1) as sent:
        await sent.prepare()
        for n in range(runs):
            running.spans.store = TraceStore()
            t = time.time()
            answer = await unchanged(running, sent)
            print(
                "unchanged",
                n,
                answer.before,
                answer.after,
                len(answer.findings),
                f"{time.time() - t:.1f} s",
                flush=True,
            )
            tell(answer)
        for case in cases(load()):
            if only and case.fault.id not in only:
                continue
            running.spans.store = TraceStore()
            t = time.time()
            judged = await judge(case, running, sent)
            print(
                case.fault.id,
                case.part,
                judged.is_named_first,
                judged.names_part,
                f"{time.time() - t:.1f} s",
                judged.answer.before,
                judged.answer.after,
                flush=True,
            )
            tell(judged.answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
