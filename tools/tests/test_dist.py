"""What ``make dist`` builds, and what the documentation says to install, works in an empty environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSTALL = re.search(
    r"<!-- install: checkout -->\n\n```sh\n(.*?)```",
    (ROOT / "docs/how-to/install.md").read_text(encoding="utf-8"),
    re.DOTALL,
)
EXAMPLE = """
import asyncio

import telemetry
from chassis.serving import serve
from tracetest import span


def test_a_span_is_in_the_trace(trace_backend):
    config = telemetry.TelemetryConfig(service_name="shop", exporter=telemetry.ExporterConfig(kind="none"))
    with telemetry.configure(config, span_processors=[trace_backend.span_processor]) as configured:
        with configured.tracer("tests").start_as_current_span("work"):
            trace_id = telemetry.current_trace_id()
    asyncio.run(trace_backend.fetch(trace_id)).expect(span("shop", "work"))
    assert callable(serve)
"""

pytestmark = pytest.mark.timeout(600)  # it builds and installs; a busy machine


def run(*command: str | Path, cwd: Path = ROOT, **environ: str) -> str:
    done = subprocess.run(command, cwd=cwd, env=os.environ | environ, capture_output=True, text=True, check=False)  # noqa: S603  ours
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def constraints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the versions of the lock: what is installed here is what the tests run with."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    file = tmp_path_factory.mktemp("lock") / "constraints.txt"
    file.write_text("\n".join(re.findall(r"^[\w.-]+==[^\s\\\\;]+", lock, re.MULTILINE)), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, constraints: Path) -> Path:
    """Give the folder of an empty environment's programs, after the command of the documentation has run in it."""
    place = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", place)
    assert INSTALL is not None
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run("bash", "-euc", INSTALL[1], PATH=path, PIP_CONSTRAINT=str(constraints), PIP_DISABLE_PIP_VERSION_CHECK="1")
    return place / "bin"


def works(environment: Path, folder: Path) -> None:
    (folder / "test_example.py").write_text(EXAMPLE, encoding="utf-8")
    run(environment / "python", "-m", "pytest", "-q", "--trace-backend=memory", "-p", "no:cacheprovider", cwd=folder)
    assert "tracetest" in run(environment / "tracetest", "--help", cwd=folder)
    run(environment / "python", "-m", "pip", "check")


def test_what_the_documentation_installs_works(environment: Path, tmp_path: Path) -> None:
    works(environment, tmp_path)


def test_the_wheels_that_are_built_work(environment: Path, tmp_path: Path) -> None:
    built = tmp_path / "dist"
    for unit in ("telemetry", "chassis", "tracetest"):
        run(
            ROOT / ".venv/bin/uv",
            "build",
            "--quiet",
            "--no-build-isolation",
            "--python",
            sys.executable,
            "--out-dir",
            built,
            unit,
        )
    run(sys.executable, "-m", "twine", "check", "--strict", *built.glob("throughline_*"))
    wheels = sorted(built.glob("*.whl"))
    assert len(wheels) == 3

    run(environment / "python", "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", *wheels)

    works(environment, tmp_path)
