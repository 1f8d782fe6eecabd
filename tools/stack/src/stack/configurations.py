"""``python -m stack.configurations``: the configuration in deploy/, read by the programs that it is for.

The collector reads each of its configurations as docker-compose.yml puts them together; promtool reads Prometheus's,
and runs the tests of its rules. A program that this machine does not have is named and passed over; where CI is set,
that is a failure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from stack.places import ROOT
from stack.readers import DEPLOY, Program
from telemetry import ConfigError

COLLECTOR = Program("OTELCOL", ("otelcol-contrib", "otelcol"), "otel/opentelemetry-collector-contrib")
PROMTOOL = Program("PROMTOOL", ("promtool",), "prom/prometheus", "promtool")

_MOUNTED_AT = "/etc/otelcol/"
_RULES, _TESTS = "prometheus/rules", "prometheus/tests"

Question = tuple[str, Sequence[str]]  # what is asked, and the arguments that ask it


def collector_questions(compose: Mapping[str, Any]) -> Iterator[Question]:
    """Give what the collector is asked: each of its configurations in a compose file."""
    for name, service in compose["services"].items():
        command = service.get("command", ())
        if any(str(word).startswith(f"--config={_MOUNTED_AT}") for word in command):
            yield f"the collector's configuration of {name}", ("validate", *map(_within_deploy, command))


def promtool_questions() -> Iterator[Question]:
    """Give what promtool is asked."""
    yield "Prometheus's configuration", ("check", "config", "--syntax-only", "prometheus/prometheus.yaml")
    yield "the rules", ("check", "rules", *_files(_RULES))
    yield "the tests of the rules", ("test", "rules", *_files(_TESTS))


def check(environment: Mapping[str, str]) -> int:
    """Ask each program, and print what it finds wrong.

    Args:
        environment: May name the programs, see `Program.find`; CI makes a missing one a failure.

    Returns:
        The exit code: 1 when something is wrong, 2 when a variable is.
    """
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    asked = ((COLLECTOR, collector_questions(compose)), (PROMTOOL, promtool_questions()))
    try:
        return max([_ask(program, list(questions), environment) for program, questions in asked])
    except ConfigError as error:
        _say(str(error))
        return 2


def _ask(program: Program, questions: Sequence[Question], environment: Mapping[str, str]) -> int:
    read = program.find(environment)
    if read is None:
        _say(
            f"NOT CHECKED: {', '.join(about for about, _ in questions)}: there is no {program.names[0]}: "
            f"set {program.variable} to its path, or start Docker"
        )
        return 1 if environment.get("CI") else 0
    code = 0
    for about, arguments in questions:
        answer = read(arguments)
        _say(f"{about}: {'right' if answer.right else 'wrong'}")
        if not answer.right:
            _say(answer.text)
            code = 1
    return code


def _within_deploy(word: str) -> str:
    return word.replace(_MOUNTED_AT, "collector/")


def _files(folder: str) -> list[str]:
    return sorted(str(path.relative_to(DEPLOY)) for path in (DEPLOY / folder).glob("*.yaml"))


def _say(text: str) -> None:
    sys.stderr.write(f"configurations: {text}\n")


if __name__ == "__main__":
    sys.exit(check(os.environ))
