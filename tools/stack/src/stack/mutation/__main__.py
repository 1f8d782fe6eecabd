"""``python -m stack.mutation [FILE…]``: fails where less than 95 % of what is removed is noticed.

The trace tests come first. What they do not notice is given to telemetry's own tests of the same module: what no
request of the stack can show, such as a cache that is never filled, is theirs.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from stack.mutation.mutants import Mutant, find_mutants
from stack.mutation.running import executed_by, verdicts
from stack.places import ROOT

WANTED = 0.95

# What makes the spans of the stack, and hands their context on.
INSTRUMENTATION = (
    "database_spans",
    "errors/record",
    "grpc/metadata",
    "grpc/methods",
    "grpc/outgoing",
    "grpc/running",
    "grpc/server",
    "grpc/streams",
    "grpc/traced_channel",
    "http/middleware",
    "http/request",
    "http/response",
    "inbound",
    "tenant",
    "trace_context",
)
# All that the trace tests can see without another process.
_OPTIONS = ("-p", "no:cacheprovider", "-q", "--assert=plain")  # rewriting assertions would read modules by itself
TESTS = (
    *(*_OPTIONS, "--trace-backend=memory", "-k", "not does_not_happen"),
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
_WITHIN = 180.0  # seconds for the tests with a mutant: many times what they take

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
    unseen = _survivors(mutants, lambda _mutant: TESTS, "trace tests", screen)
    survivors = _survivors(unseen, _own_tests, "tests of the module", screen)
    for mutant in survivors:
        screen.print(f"not noticed: {mutant}", highlight=False)
    _report(mutants, unseen, survivors, screen)
    return 0 if len(survivors) <= (1 - WANTED) * len(mutants) else 1


def _survivors(
    mutants: Sequence[Mutant], tests: Callable[[Mutant], Sequence[str]], by: str, screen: Console
) -> list[Mutant]:
    survivors = []
    with Progress(console=screen) as progress:
        found = verdicts(mutants, tests, _WITHIN, at_once=os.cpu_count() or 1)
        for mutant, is_noticed in progress.track(found, total=len(mutants), description=by):
            if not is_noticed:
                survivors.append(mutant)
    return sorted(survivors, key=mutants.index)


def _own_tests(mutant: Mutant) -> Sequence[str]:
    """Give telemetry's tests of a module: those of its folder, or of its name."""
    folder, _, name = mutant.module.removeprefix("telemetry.").rpartition(".")
    tests = ROOT / "telemetry" / "tests" / folder
    found = [tests] if folder else sorted(tests.glob(f"test_{name.partition('_')[0]}*.py"))
    return (*_OPTIONS, *map(str, found))


def _report(mutants: Sequence[Mutant], unseen: Sequence[Mutant], survivors: Sequence[Mutant], screen: Console) -> None:
    table = Table("module", "removed", "noticed by the trace tests", "by its own tests", "by none")
    counts = [Counter(mutant.module for mutant in each) for each in (mutants, unseen, survivors)]
    for module in counts[0]:
        table.add_row(module, *_numbers(*(count[module] for count in counts)))
    table.add_row("all", *_numbers(len(mutants), len(unseen), len(survivors)))
    screen.print(table)
    for who, left in (("by the trace tests", len(unseen)), ("in all", len(survivors))):
        share = 1 - left / len(mutants) if mutants else 0.0
        screen.print(f"noticed {who}: {share:.1%}", highlight=False)


def _numbers(removed: int, unseen: int, survivors: int) -> tuple[str, ...]:
    return tuple(map(str, (removed, removed - unseen, unseen - survivors, survivors)))


def _module(path: Path) -> str:
    return ".".join(path.relative_to(_SOURCES).with_suffix("").parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
