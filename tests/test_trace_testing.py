"""The guide to trace tests, followed as it stands: its files written, its commands run, against a real Jaeger."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from stack.jaeger.programs import Jaeger
from stack.local import LocalStack
from stack.places import ROOT
from tracetest import Span, Trace, span
from tracetest.model import Kind

GUIDE = (ROOT / "docs" / "how-to" / "trace-testing.md").read_text(encoding="utf-8")
FILE = re.compile(r"^```(?:python|ini|yaml)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORD = re.compile(r"`\.?(\w+)\(")


@pytest.fixture
def project(local: LocalStack, jaeger_program: Jaeger, tmp_path: Path) -> Path:
    """Give the folder with the files of the guide; the addresses alone are this run's."""
    for name, text in FILE.findall(GUIDE):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        addressed = text.replace("http://127.0.0.1:8000", local.gateway_url)
        path.write_text(addressed.replace("http://127.0.0.1:16686", jaeger_program.query_url), encoding="utf-8")
    return tmp_path


def run(project: Path, local: LocalStack, *command: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(  # noqa: S603  the guide's
        (sys.executable, *command),
        cwd=project,
        env=clean | {"TOKEN": local.token("acme", "trace")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_test_passes_and_golden_traces_are_written_and_compared(project: Path, local: LocalStack) -> None:
    assert "1 passed" in run(project, local, "-m", "pytest", "test_orders.py")

    assert "1 passed" in run(project, local, "-m", "pytest", "test_golden.py", "--update-golden")
    assert (project / "tests" / "golden" / "create-user.txt").exists()


def test_the_same_kit_runs_in_memory(project: Path, local: LocalStack) -> None:
    assert "1 passed" in run(project, local, "-m", "pytest", "in_memory", "--trace-backend=memory")


def test_the_file_runs_without_pytest(project: Path, local: LocalStack) -> None:
    printed = run(project, local, "-m", "tracetest.cli", "run", "orders.yaml", "--junit", "test-results/junit.xml")

    assert printed.splitlines()[-1] == "1 passed, 0 failed"
    assert (project / "test-results" / "junit.xml").exists()


def test_a_failure_looks_as_it_is_shown() -> None:
    (shown,) = re.findall(r"^```text\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    trace_id, link = re.findall(r"trace (\w{32}) is", shown)[0], re.findall(r"http\S+", shown)[0]
    rpc = "shop.order.v1.OrderService/CreateOrder"
    names = (
        ("gateway", "POST /v1/orders", "SERVER"),
        ("gateway", rpc, "CLIENT"),
        ("order", rpc, "SERVER"),
        ("order", "INSERT orders", "CLIENT"),
    )
    spans = [
        Span(
            service=service,
            name=name,
            kind=cast("Kind", kind),
            status="UNSET",
            span_id=str(n),
            parent_id=str(n - 1) if n else None,
            start=n,
            duration=9 - n,
            attributes={"rpc.method": rpc} if name == rpc else {},
        )
        for n, (service, name, kind) in enumerate(names)
    ]

    with pytest.raises(AssertionError) as caught:
        Trace(trace_id, spans, link=link).expect(span("order", "CreateOrder") > span("order", "INSERT order"))

    assert f"{caught.value}\n" == shown


def test_every_word_of_the_table_is_there() -> None:
    import tracetest as kit  # noqa: PLC0415  its names are looked up

    table = GUIDE[GUIDE.index("| | means |") : GUIDE.index("Texts and values may be")]

    words = set(WORD.findall(table)) - {"times"}
    assert len(words) > 15
    assert words <= set(kit.__all__)
