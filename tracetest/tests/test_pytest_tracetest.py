"""The plugin in a project that is not this one: its own service, its own OpenTelemetry, pytest started in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
import json
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from tracetest import Target


@pytest.fixture(scope="session")
def trace_target(trace_backend):
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(trace_backend.span_processor)
    tracer = provider.get_tracer("shop")

    async def app(scope, receive, send):
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        context = TraceContextTextMapPropagator().extract(headers)
        name = f"{scope['method']} {scope['path']}"
        with tracer.start_as_current_span(name, context, SpanKind.SERVER) as span:
            span.set_attribute("tenant.id", headers.get("x-tenant", ""))
            with tracer.start_as_current_span("SELECT carts", kind=SpanKind.CLIENT):
                pass
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})

    return Target(app=app, headers_of=lambda tenant: {"x-tenant": tenant})
"""
TESTS = """
import asyncio
from tracetest import exactly, no_orphans, span

CART = span("shop", "GET /cart", span("shop", "SELECT carts", kind="CLIENT"), kind="SERVER")


def test_passes(trace):
    async def ask():
        answer = await trace.get("/cart", tenant="acme")
        assert answer.response.status_code == 200
        return await trace.complete()

    asyncio.run(ask()).expect(exactly(CART), no_orphans())


def test_fails(trace):
    async def ask():
        await trace.get("/cart")
        return await trace.complete()

    asyncio.run(ask()).expect(CART > span("shop", "INSERT carts"))


def test_is_golden(trace):
    async def ask():
        await trace.get("/cart", tenant="acme")
        return await trace.complete()

    asyncio.run(ask()).matches_golden("cart")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give the folder of another project."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_cart.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    return tmp_path


def run(project: Path, *options: str, **environ: str) -> tuple[int, str]:
    clean = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(  # noqa: S603  ours
        (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", "-rA", *options),
        cwd=project,
        env=clean | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_loading_it_imports_nothing_of_the_kit() -> None:
    loaded = "import sys, pytest_tracetest; assert not {'tracetest', 'httpx', 'grpc'} & sys.modules.keys()"

    done = subprocess.run((sys.executable, "-c", loaded), capture_output=True, text=True, check=False)  # noqa: S603  ours

    assert (done.returncode, done.stderr) == (0, "")


def test_a_foreign_project_says_what_it_tests_and_that_is_all(project: Path) -> None:
    code, printed = run(project, "-k", "passes")

    assert code == 0, printed
    assert "1 passed" in printed


def test_a_failure_shows_both_trees_and_keeps_the_trace_in_a_file(project: Path) -> None:
    code, printed = run(project, "-k", "fails")

    assert code == 1
    assert "  -   shop  INSERT carts" in printed
    assert "  !" not in printed
    assert "shop  INSERT carts is expected, but not there" in printed
    (saved,) = project.glob("test-results/*/*.json")
    assert str(saved.relative_to(project)) in printed
    (resource,) = json.loads(saved.read_text())["resourceSpans"]
    names = [span["name"] for scope in resource["scopeSpans"] for span in scope["spans"]]
    assert names == ["GET /cart", "SELECT carts"]


def test_a_test_that_passes_leaves_no_file(project: Path) -> None:
    run(project, "-k", "passes")

    assert not (project / "test-results").exists()


def test_the_same_run_prints_and_saves_the_same(project: Path) -> None:
    run(project, "-k", "fails")
    (first,) = project.glob("test-results/*/*.json")
    text = first.read_text()
    first.unlink()

    run(project, "-k", "fails")

    (again,) = project.glob("test-results/*/*.json")
    assert (again, again.read_text()) == (first, text)


def test_a_golden_trace_is_written_when_asked_and_never_in_ci(project: Path) -> None:
    assert "there is no golden trace" in run(project, "-k", "golden")[1]
    assert run(project, "-k", "golden", "--update-golden")[0] == 0
    assert (project / "tests/golden/cart.txt").read_text().splitlines()[1:] == [
        "shop  GET /cart  SERVER",
        "  shop  SELECT carts  CLIENT  without tenant.id",
    ]
    assert run(project, "-k", "golden")[0] == 0

    code, printed = run(project, "-k", "golden", "--update-golden", CI="1")

    assert code == 4
    assert "--update-golden: with CI set golden traces are compared, never written" in printed


def test_who_does_not_say_what_to_test_is_told_to(project: Path) -> None:
    (project / "conftest.py").unlink()

    code, printed = run(project, "-k", "passes")

    assert code == 1
    assert "define a fixture trace_target that returns a tracetest.Target" in printed


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("trace_backend=zipkin", "trace_backend='zipkin': expected one of memory, console, jaeger"),
        ("trace_within=soon", "trace_within='soon': expected seconds, more than 0"),
        ("trace_within=0", "trace_within='0': expected seconds, more than 0"),
    ],
)
def test_a_setting_that_nobody_knows_is_refused(project: Path, setting: str, message: str) -> None:
    code, printed = run(project, "-k", "passes", "-o", setting)

    assert code == 1
    assert message in printed


def test_what_is_there_of_a_trace_that_does_not_become_whole_is_kept(project: Path) -> None:
    conftest = (project / "conftest.py").read_text()
    calling = 'kind=SpanKind.CLIENT, attributes={"http.request.method": "GET", "server.address": "stock"}'
    (project / "conftest.py").write_text(conftest.replace("kind=SpanKind.CLIENT", calling))

    code, printed = run(project, "-k", "passes", "-o", "trace_within=0.1")

    assert code == 1
    assert "missing: the server's side of shop SELECT carts CLIENT, stock" in printed
    assert [len(json.loads(each.read_text())["resourceSpans"]) for each in project.glob("test-results/*/*.json")] == [1]

    assert run(project, "-k", "passes", "-o", "trace_absent=stock")[0] == 0
