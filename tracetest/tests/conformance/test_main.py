"""``python -m tracetest.conformance``: what it prints, writes and exits with."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tracetest.conformance import CHECKS, Program


def conformance(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  ours
        (sys.executable, "-m", "tracetest.conformance", *arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


PLAIN = ("--command", shlex.join((sys.executable, str(Path(__file__).with_name("plain_service.py")))))
WRONG = ("--command", shlex.join((sys.executable, str(Path(__file__).with_name("wrong_service.py")))))


def test_the_list_tells_every_name_and_reason() -> None:
    done = conformance("--list")

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(maxsplit=1) for line in done.stdout.splitlines()] == [[c.name, c.reason] for c in CHECKS]


def test_one_check_alone_that_is_kept_ends_with_0_and_is_reported(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"

    done = conformance(*PLAIN, "--only", "health", "--only", "readiness", "--junit", str(report))

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition(" (")[0] for line in done.stdout.splitlines()] == [
        "ok     health",
        "n/a    readiness",
        "1 passed, 0 failed, 1 not applicable",
    ]
    suite = ET.parse(report).getroot()[0]  # noqa: S314  ours
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "2",
        "failures": "0",
        "skipped": "1",
    }


def test_a_rule_that_is_broken_ends_with_1_and_says_why() -> None:
    done = conformance(*WRONG, "--calls", "FRIEND_SERVICE", "--only", "health")

    assert (done.returncode, done.stderr) == (1, "")
    assert "FAILED health" in done.stdout
    assert "\n    why: load balancers and orchestrators check health, as often as every second" in done.stdout
    assert done.stdout.endswith("\n0 passed, 1 failed, 0 not applicable\n")


def test_a_service_at_an_address_is_held_to_what_can_be_seen_from_there(plain: Program) -> None:
    done = conformance("--address", plain.running.address, "--only", "health", "--only", "sigterm")

    assert (done.returncode, done.stderr) == (0, "")
    health, sigterm, _summary = done.stdout.splitlines()
    assert health.startswith("ok     health ")
    assert sigterm.startswith("n/a    sigterm ")
    assert sigterm.endswith(": the suite did not start the service: it has to (--command)")


def test_a_service_at_an_address_without_traces_is_not_held_to_its_spans(plain: Program) -> None:
    done = conformance("--address", plain.running.address, "--only", "trace-continued")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("n/a    trace-continued ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*PLAIN, "--only", "helth"), "'helth' is no check: expected one of trace-continued, "),
        ((*PLAIN, "--env", "HOST"), "--env: expected NAME=VALUE, got 'HOST'"),
        ((*PLAIN, "--request", "Create={"), "--request Create: "),
        ((*PLAIN, "--request", "Create=[]"), "--request Create: []: expected an object as JSON"),
        (("--command", "no-such-program"), "[Errno 2] No such file or directory: 'no-such-program'"),
    ],
)
def test_an_option_that_nobody_understands_ends_with_2_and_a_line(arguments: tuple[str, ...], message: str) -> None:
    done = conformance(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"conformance: {message}")
    assert len(done.stderr.splitlines()) == 1


def test_a_service_that_ends_at_once_cannot_be_told() -> None:
    done = conformance("--command", shlex.join((sys.executable, "-c", "raise SystemExit('no database')")))

    assert done.returncode == 2
    assert done.stderr == "conformance: the service ended by itself with exit code 1:\nno database\n"
