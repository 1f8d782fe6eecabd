"""``python -m stack.sampling [--orders N] [--print]``: writes the table of docs/explanation/sampling.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench.machine import facts
from stack.configurations import COLLECTOR
from stack.places import ROOT
from stack.processes.program import ProcessError
from stack.sampling.report import put, table
from stack.sampling.run import run
from stack.sampling.ways import WAYS
from telemetry import ConfigError

PAGE = ROOT / "docs" / "explanation" / "sampling.md"


def main(arguments: list[str]) -> int:
    """Give the exit code: 2 when it cannot be run here."""
    parser = argparse.ArgumentParser(prog="sampling", description=__doc__)
    parser.add_argument("--orders", type=int, default=2_000, help="for each way (%(default)s)")
    parser.add_argument("--print", action="store_true", help="print the table, and leave the page as it is")
    given = parser.parse_args(arguments)
    try:
        collector = _collector()
        outcomes = []
        for way in WAYS:
            sys.stderr.write(f"sampling: {way.name}\n")
            with tempfile.TemporaryDirectory(prefix="throughline-") as folder:
                outcomes.append(run(way, given.orders, Path(folder), collector))
    except (ConfigError, ProcessError) as error:
        sys.stderr.write(f"sampling: {error}\n")
        return 2
    machine = facts()
    text = table(outcomes, f"{machine['Processor']}, Python {machine['Python'].split()[-1]}.")
    if given.print:
        sys.stdout.write(f"{text}\n")
    else:
        PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0


def _collector() -> Path:
    path = COLLECTOR.path(os.environ)
    if path is None:
        raise ConfigError("there is no collector's program: set OTELCOL to the path of otelcol-contrib")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
