"""``python -m stack.mutation [FILE…]``: fails where less than 95 % of what is removed is noticed."""

from __future__ import annotations

import importlib
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from stack.mutation.mutants import Mutant, find_mutants
from stack.mutation.running import executed_by, verdicts
from stack.places import ROOT

WANTED = 0.95

# What makes the spans of the stack, and hands their context on.
INSTRUMENTATION = (
    "database_spans",
    "deadline",
    "errors/record",
    "grpc/client",
    "grpc/metadata",
    "grpc/methods",
    "grpc/server",
    "http/client",
    "http/middleware",
    "http/request",
    "http/response",
    "inbound",
    "tenant",
)
# All that the trace tests can see without another process.
TESTS = (
    *("--trace-backend=memory", "-p", "no:cacheprovider", "-q", "-k", "not does_not_happen"),
    "--assert=plain",  # rewriting would read the modules by itself
    *("tests/test_create_order.py", "tests/faults", "tests/test_edge.py", "tests/test_events.py"),
    *("tests/test_tenants.py", "tests/test_orders.py", "tests/test_users.py"),
)

# Nothing of the repository: it must be imported after the exchange. The rest need not be read again for each mutant.
_PRELOADED = (
    "aiosqlite",
    "alembic.command",
    "fastapi",
    "grpc.aio",
    "grpc_health.v1.health_pb2_grpc",
    "httpx",
    "msgspec",
    "openfeature.api",
    "opentelemetry.sdk.metrics.export",
    "opentelemetry.sdk.trace.export",
    "sqlalchemy.ext.asyncio",
    "uvicorn",
    "yaml",
)
_SLOWEST = 300.0  # seconds for the tests when each line is followed
_WITHIN = 90.0  # seconds for the tests with a mutant

_SOURCES = ROOT / "telemetry" / "src"


def main(names: Sequence[str]) -> int:
    """Run all mutants of these modules, by default of all; give the exit code."""
    screen = Console()
    for each in _PRELOADED:
        importlib.import_module(each)
    paths = [_SOURCES / "telemetry" / f"{name}.py" for name in names or INSTRUMENTATION]
    screen.print("running the tests without a mutant, to see which lines they execute")
    executed = executed_by(TESTS, paths, _SLOWEST)
    mutants = [each for path in paths for each in find_mutants(_module(path), path, executed.get(str(path), ()))]
    survivors = _survivors(mutants, screen)
    _report(mutants, survivors, screen)
    return 0 if len(survivors) <= (1 - WANTED) * len(mutants) else 1


def _survivors(mutants: Sequence[Mutant], screen: Console) -> list[Mutant]:
    survivors = []
    with Progress(console=screen) as progress:
        found = verdicts(mutants, TESTS, _WITHIN, at_once=os.cpu_count() or 1)
        for mutant, is_noticed in progress.track(found, total=len(mutants), description="removing"):
            if not is_noticed:
                survivors.append(mutant)
                progress.console.print(f"not noticed: {mutant}", highlight=False)
    return survivors


def _report(mutants: Sequence[Mutant], survivors: Sequence[Mutant], screen: Console) -> None:
    removed, unnoticed = (Counter(mutant.module for mutant in each) for each in (mutants, survivors))
    for module, count in removed.items():
        screen.print(f"{count - unnoticed[module]:>4} of {count:>4} noticed  {module}", highlight=False)
    share = 1 - len(survivors) / len(mutants) if mutants else 0.0
    screen.print(f"{len(mutants) - len(survivors)} of {len(mutants)} noticed: {share:.1%}", highlight=False)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(_SOURCES).with_suffix("").parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
