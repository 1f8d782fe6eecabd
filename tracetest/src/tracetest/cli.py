"""``tracetest``: trace tests for those who do not use pytest, and what a branch changes in the golden traces."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from tracetest.documents.junit import write_junit
from tracetest.documents.results import save
from tracetest.documents.runner import Outcome, Suite, read_suite, run_case
from tracetest.documents.shapes import DocumentError
from tracetest.golden.folder import GoldenFolder
from tracetest.golden.review import GitError, report

_FAILED, _WRONG = 1, 2


def main() -> None:
    """Exit with 0 when all is as expected, 1 when it is not, and 2 after one line when it cannot be told."""
    arguments = _parser().parse_args()
    try:
        sys.exit(arguments.run(arguments))
    except (DocumentError, GitError, OSError, yaml.YAMLError) as error:
        sys.stderr.write(f"tracetest: {' '.join(str(error).split())}\n")
        sys.exit(_WRONG)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("tracetest", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the tests of YAML files")
    run.add_argument("files", nargs="+", type=Path, metavar="FILE.yaml")
    run.add_argument("--junit", type=Path, metavar="FILE.xml", help="write the outcome for a build server")
    run.add_argument("--results", type=Path, default=Path("test-results"), help="where traces of failed tests go")
    run.add_argument("--golden", type=Path, default=Path("tests/golden"), help="where golden traces are")
    run.add_argument("--update-golden", action="store_true", help="write them in place of comparing")
    run.set_defaults(run=_run)
    diff = commands.add_parser("diff", help="tell as Markdown what a branch changes in the golden traces")
    diff.add_argument("--base", default="origin/main", help="the commit that it is compared with")
    diff.add_argument("--golden", type=Path, default=Path("tests/golden"), help="where golden traces are")
    diff.set_defaults(run=_diff)
    return parser


def _diff(arguments: argparse.Namespace) -> int:
    sys.stdout.write(report(arguments.golden, arguments.base))
    return 0


def _run(arguments: argparse.Namespace) -> int:
    if arguments.update_golden and os.environ.get("CI"):
        raise DocumentError("--update-golden: with CI set golden traces are compared, never written")
    golden = GoldenFolder(arguments.golden, update=arguments.update_golden)
    suites = {file: _suite(file) for file in arguments.files}
    outcomes = {file: asyncio.run(_run_suite(suite, golden)) for file, suite in suites.items()}
    failed = 0
    for file, of_file in outcomes.items():
        for outcome in of_file:
            failed += bool(outcome.failure)
            _tell(file, outcome, arguments.results)
    if arguments.junit is not None:
        write_junit(arguments.junit, [(file.stem, of_file) for file, of_file in outcomes.items()])
    sys.stdout.write(f"{sum(map(len, outcomes.values())) - failed} passed, {failed} failed\n")
    return _FAILED if failed else 0


def _suite(file: Path) -> Suite:
    try:
        return read_suite(yaml.safe_load(file.read_text(encoding="utf-8")))
    except DocumentError as error:
        raise DocumentError(f"{file}: {error}") from None


async def _run_suite(suite: Suite, golden: GoldenFolder) -> Sequence[Outcome]:
    return [await run_case(suite, case, os.environ, golden) for case in suite.cases]


def _tell(file: Path, outcome: Outcome, results: Path) -> None:
    verdict = "FAILED" if outcome.failure else "ok"
    sys.stdout.write(f"{verdict:6} {file.name}: {outcome.name} ({outcome.seconds:.2f} s)\n")
    if outcome.failure:
        lines = [*outcome.failure.splitlines(), *(str(save(each, results, outcome.name)) for each in outcome.traces)]
        sys.stdout.write("".join(f"    {line}".rstrip() + "\n" for line in lines))


if __name__ == "__main__":
    main()
