"""``python -m stack.mutation --page FILE [MODULE…]``: fails where less than 95 % of what is removed is noticed.

For the instrumentation the trace tests come first. What they do not notice is given to telemetry's own tests of the
same module: what no request of the stack can show, such as a cache that is never filled, is theirs. The trace-test kit
has its own tests alone.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from stack.mutation.mutants import Mutant, find_mutants
from stack.mutation.page import Row, parts, read_page, write_page
from stack.mutation.running import executed_by, verdicts
from stack.places import ROOT

WANTED = 0.95

# What makes the spans of the stack, and hands their context on.
INSTRUMENTATION = (
    "telemetry.context.baggage",
    "telemetry.context.inbound",
    "telemetry.context.tenant",
    "telemetry.context.w3c",
    "telemetry.edge.policy",
    "telemetry.errors.record",
    "telemetry.grpc.metadata",
    "telemetry.grpc.methods",
    "telemetry.grpc.outgoing",
    "telemetry.grpc.served_call",
    "telemetry.grpc.server",
    "telemetry.grpc.streams",
    "telemetry.grpc.traced_channel",
    "telemetry.http.middleware",
    "telemetry.http.request",
    "telemetry.http.response",
    "telemetry.http.routes",
    "telemetry.otlp.source",
    "telemetry.sqlalchemy.spans",
    "telemetry.trace.span",
    "telemetry.trace.tracer",
)
# What says whether a trace is as it should be, and how not.
KIT = (
    "tracetest.backends.completeness",
    "tracetest.backends.jaeger_json",
    "tracetest.backends.memory",
    "tracetest.backends.otlp_json",
    "tracetest.conventions",
    "tracetest.documents.reader",
    "tracetest.expectations.assignment",
    "tracetest.expectations.chaining",
    "tracetest.expectations.matching",
    "tracetest.expectations.patterns",
    "tracetest.expectations.report",
    "tracetest.expectations.root_cause",
    "tracetest.expectations.rules",
    "tracetest.expectations.signals",
    "tracetest.expectations.values",
    "tracetest.golden.changes",
    "tracetest.golden.signature",
)
_OPTIONS = ("-p", "no:cacheprovider", "-q", "--assert=plain")  # rewriting assertions would read modules by itself
# All that the trace tests can see without another process.
TESTS = (
    *(*_OPTIONS, "--trace-backend=memory", "-k", "not does_not_happen"),
    *("tests/test_create_order.py", "tests/faults", "tests/test_edge.py", "tests/test_events.py"),
    *("tests/test_tenants.py", "tests/test_orders.py", "tests/test_users.py"),
)
# Not those that start processes: these would load the modules as they are. Nor conformance, which has a minute's worth
# of tests of its own, nor the one that is about assertions that are rewritten.
KIT_TESTS = (
    *_OPTIONS,
    "--ignore=tracetest/tests/test_cli.py",
    "--ignore=tracetest/tests/conformance",
    "--deselect=tracetest/tests/expectations/test_chaining.py::test_pytests_own_reading_of_a_chain_is_refused",
    "tracetest/tests",
)

# What the tests need, loaded once.
_LOADED = (
    "alembic.command",
    "bench",
    "console",
    "faults.wiring",
    "gateway.server",
    "hypothesis",
    "order_service.server",
    "stack.compose.project",
    "stack.e2e.stacks",
    "stack.in_process",
    "stack.jaeger.find",
    "stack.scenarios.scenario",
    "pytest_tracetest",
    "tracetest",
    "user_service.server",
)
_SLOWEST = 300.0  # seconds for the tests when each line is followed
_WITHIN = 180.0  # seconds for the tests with a mutant: many times what they take


def main(arguments: Sequence[str]) -> int:
    """Run all mutants of these modules, by default of all; give the exit code."""
    parser = argparse.ArgumentParser("stack.mutation", description=__doc__)
    parser.add_argument("--page", type=Path, required=True, help="where the numbers are kept")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as telemetry.grpc.server; by default all")
    given = parser.parse_args(arguments)
    screen = Console()
    wanted = (*INSTRUMENTATION, *KIT)
    for each in (*_LOADED, *wanted):  # a module that is loaded by a test would be loaded as it is
        importlib.import_module(each)
    rows = read_page(given.page.read_text(encoding="utf-8")) if given.modules and given.page.exists() else {}
    for names, tests in ((INSTRUMENTATION, TESTS), (KIT, KIT_TESTS)):
        paths = {name: _path(name) for name in names if name in (given.modules or names)}
        for row in _measured(paths, tests, screen) if paths else ():
            rows[row.module] = row
            given.page.write_text(write_page(rows, wanted), encoding="utf-8")
    shares = {title: Row.all(of).noticed for title, of in parts(rows.values()).items()}
    for title, share in shares.items():
        screen.print(f"{title}: {share:.1%} noticed", highlight=False)
    return 0 if min(shares.values()) >= WANTED else 1


def _measured(paths: Mapping[str, Path], tests: Sequence[str], screen: Console) -> Iterator[Row]:
    """Run the mutants of modules; tell those that nobody notices, and give the module's row when it is done."""
    screen.print("running the tests without a mutant, to see which lines they execute")
    executed = executed_by(tests, [*paths.values()], _SLOWEST)
    for module, path in paths.items():
        mutants = list(find_mutants(module, path, executed.get(str(path), ())))
        unseen = mutants
        if tests is TESTS:
            unseen = _survivors(mutants, lambda _mutant: TESTS, f"{module}: trace tests", screen)
        survivors = _survivors(unseen, _own_tests, f"{module}: its own tests", screen)
        for mutant in survivors:
            screen.print(f"not noticed: {mutant}", highlight=False, markup=False)
        yield Row(module, len(mutants), len(mutants) - len(unseen), len(unseen) - len(survivors))


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
    """Give a unit's own tests of a module: those of its name, those that import it, and then its folder's, if any."""
    unit, _, rest = mutant.module.partition(".")
    folder, _, name = rest.rpartition(".")
    tests = ROOT / unit / "tests" / folder.replace(".", "/")
    named = sorted(tests.glob(f"test_{name}*.py"))
    imported = f"from {mutant.module} import "
    others = [each for each in sorted(tests.glob("test_*.py")) if imported in each.read_text(encoding="utf-8")]
    found = [*dict.fromkeys([*named, *others]), *([tests] if folder else [])]
    return (*(KIT_TESTS if unit == "tracetest" else _OPTIONS), *map(str, found))


def _path(module: str) -> Path:
    unit = module.partition(".")[0]
    return ROOT / unit / "src" / f"{module.replace('.', '/')}.py"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
