"""``python -m tracetest.conformance``: what a service must do, whatever else it does, tried on one."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracetest.backends.jaeger import Jaeger
from tracetest.conformance.address import Address
from tracetest.conformance.catalogue import CHECKS, find
from tracetest.conformance.errors import Violation
from tracetest.conformance.program import Program
from tracetest.conformance.runner import lines_of, run, summary
from tracetest.documents.junit import write_junit
from tracetest.documents.runner import Outcome

_FAILED, _WRONG = 1, 2


def main() -> None:
    """Exit with 0 when the service keeps every rule, 1 when it does not, and 2 when it cannot be told."""
    arguments = _parser().parse_args()
    if arguments.list:
        sys.stdout.write("".join(f"{check.name:24}{check.reason}\n" for check in CHECKS))
        return
    try:
        checks = find(arguments.only)
        with _subject(arguments) as subject:
            subject.running  # noqa: B018  whether it can be started at all
            outcomes = [_told(each) for each in run(checks, subject)]
            name = str(subject)
        if arguments.junit is not None:
            write_junit(arguments.junit, [(name, outcomes)])
    except (ValueError, OSError, Violation) as error:
        sys.stderr.write(f"conformance: {error}\n")
        sys.exit(_WRONG)
    sys.stdout.write(f"{summary(outcomes)}\n")
    sys.exit(_FAILED if any(each.failure for each in outcomes) else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tracetest.conformance", description=__doc__)
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--command", type=shlex.split, help="what starts the service, as a shell would be given it")
    subject.add_argument("--address", metavar="HOST:PORT", help="the address of a running service")
    subject.add_argument("--list", action="store_true", help="tell the names and reasons of the checks, and end")
    program = parser.add_argument_group("with --command")
    program.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="a variable of the service")
    program.add_argument(
        "--calls", action="append", default=[], metavar="NAME", help="the variable that tells it where a service is"
    )
    program.add_argument("--database", metavar="NAME", help="the variable that tells it the URL of its database")
    program.add_argument("--listen", default="LISTEN", metavar="NAME", help="the variable that tells it where to serve")
    address = parser.add_argument_group("with --address")
    address.add_argument("--query", metavar="URL", help="where Jaeger, or a console, gives the service's traces")
    parser.add_argument("--request", action="append", default=[], metavar="METHOD=JSON", help="fields of its requests")
    parser.add_argument("--only", action="append", default=[], metavar="CHECK", help="run this one; may be repeated")
    parser.add_argument("--junit", type=Path, metavar="FILE.xml", help="write the outcome for a build server")
    return parser


def _subject(arguments: argparse.Namespace) -> Program | Address:
    requests = {name: _fields(name, text) for name, text in _pairs("--request", arguments.request)}
    if arguments.address is not None:
        return Address(arguments.address, None if arguments.query is None else Jaeger(arguments.query), requests)
    return Program(
        arguments.command,
        dict(_pairs("--env", arguments.env)),
        calls=arguments.calls,
        database=arguments.database,
        listen=arguments.listen,
        requests=requests,
    )


def _pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [each.partition("=") for each in given]
    for name, equals, _value in pairs:
        if not name or not equals:
            raise ValueError(f"{option}: expected NAME=VALUE, got {name!r}")
    return [(name, value) for name, _equals, value in pairs]


def _fields(method: str, text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"--request {method}: {error}: expected an object as JSON") from None
    if not isinstance(fields, dict):
        raise ValueError(  # noqa: TRY004  it was given, and not called
            f"--request {method}: {text}: expected an object as JSON"
        )
    return fields


def _told(outcome: Outcome) -> Outcome:
    for line in lines_of(outcome):
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    return outcome


if __name__ == "__main__":
    main()
