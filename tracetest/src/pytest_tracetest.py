"""The pytest plugin: options, the fixtures `trace`, `trace_backend` and `trace_target`, and the traces of failed tests.

pytest loads it in every run where the distribution is installed. So it is a module outside of the package
`tracetest`, whose import takes half a second, and imports that when a test first uses a fixture.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tracetest.backends.base import Backend
    from tracetest.backends.http import Limits
    from tracetest.client import TracedClient
    from tracetest.fetched import Trace
    from tracetest.golden.folder import GoldenFolder
    from tracetest.target import Target

_BACKENDS = ("memory", "console", "jaeger")
_fetched: pytest.StashKey[list[Trace]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the settings of the kit."""
    group = parser.getgroup("trace", "traces of what is tested")
    group.addoption(
        "--trace-backend", choices=_BACKENDS, help="where traces are: in this process, a console or a Jaeger"
    )
    group.addoption("--trace-url", help="where the console or Jaeger answers queries, such as http://127.0.0.1:16686")
    group.addoption("--trace-api", choices=("v3", "legacy"), default="v3", help="which of Jaeger's query APIs to use")
    group.addoption("--update-golden", action="store_true", help="write the golden traces in place of comparing them")
    parser.addini("trace_backend", f"--trace-backend where it is not given: {', '.join(_BACKENDS)}", default="memory")
    parser.addini("trace_url", "--trace-url where it is not given", default="http://127.0.0.1:16686")
    parser.addini("trace_signals_url", "a console that keeps logs and metrics, beside a Jaeger", default="")
    parser.addini("trace_within", "seconds that a trace gets to become whole", default="20")
    parser.addini(
        "trace_absent",
        "services without spans, such as those of third parties: the full name of a gRPC service, HOST or HOST:PORT",
        type="linelist",
    )
    parser.addini("trace_results", "the folder for the traces of failed tests", default="test-results")
    parser.addini("trace_golden", "the folder of the golden traces", default="tests/golden")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to write golden traces where nobody would look at them."""
    if config.getoption("update_golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden: with CI set golden traces are compared, never written")


def backend_name(config: pytest.Config) -> str:
    """Give the name of this run's backend; raise UsageError for one that there is not."""
    name = str(config.getoption("trace_backend") or config.getini("trace_backend"))
    if name not in _BACKENDS:
        raise pytest.UsageError(f"trace_backend={name!r}: expected one of {', '.join(_BACKENDS)}")
    return name


def _within(config: pytest.Config) -> float:
    given = config.getini("trace_within")
    try:
        within = float(given)
    except ValueError:
        within = 0.0
    if not 0 < within < float("inf"):
        raise pytest.UsageError(f"trace_within={given!r}: expected seconds, more than 0")
    return within


@pytest.fixture(scope="session")
def trace_backend(pytestconfig: pytest.Config) -> Backend:
    """Give where traces are, by --trace-backend and --trace-url."""
    from tracetest.backends.jaeger import Jaeger  # noqa: PLC0415  see above
    from tracetest.backends.memory import Memory  # noqa: PLC0415

    name = backend_name(pytestconfig)
    limits: Limits = {"absent": pytestconfig.getini("trace_absent"), "within": _within(pytestconfig)}
    if name == "memory":
        return Memory(**limits)
    url = str(pytestconfig.getoption("trace_url") or pytestconfig.getini("trace_url"))
    signals_url = url if name == "console" else str(pytestconfig.getini("trace_signals_url")) or None
    return Jaeger(url, api=pytestconfig.getoption("trace_api"), signals_url=signals_url, **limits)


@pytest.fixture(scope="session")
def trace_target() -> Target:
    """Say what requests are sent to: a project overrides this fixture."""
    pytest.fail("define a fixture trace_target that returns a tracetest.Target: it says what to test")


@pytest.fixture
def trace(request: pytest.FixtureRequest, trace_backend: Backend, trace_target: Target) -> TracedClient:
    """Give a client whose every request has a trace of its own, and `complete`, which waits for that trace."""
    from tracetest.client import TracedClient  # noqa: PLC0415
    from tracetest.target import http_barrier  # noqa: PLC0415

    return TracedClient(
        trace_target.client(),
        trace_backend,
        headers_of=trace_target.headers_of,
        barrier=None if trace_target.barrier is None else http_barrier(trace_target.barrier),
        test=request.node.nodeid,
        fetched=lambda each: keep(request.node, each),
        golden=golden_folder(request.config),
    )


def golden_folder(config: pytest.Config) -> GoldenFolder:
    """Give the folder of the golden traces, by the settings."""
    from tracetest.golden.folder import GoldenFolder  # noqa: PLC0415

    return GoldenFolder(config.rootpath / config.getini("trace_golden"), update=config.getoption("update_golden"))


def keep(item: pytest.Item, trace: Trace) -> None:
    """Remember a trace of a test, to be saved should it fail; for fixtures that make clients of their own."""
    item.stash.setdefault(_fetched, []).append(trace)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Save the traces of a test that failed, and tell where they are."""
    report = yield
    if call.when == "call" and report.failed:
        folder = item.config.rootpath / item.config.getini("trace_results")
        lines = list(_saved(item, folder))
        if lines:
            report.sections.append(("traces", "\n".join(lines)))
    return report


def _saved(item: pytest.Item, folder: Path) -> Iterator[str]:
    for trace in item.stash.get(_fetched, []):
        from tracetest.documents.results import save  # noqa: PLC0415

        path = save(trace, folder, item.nodeid)
        yield "  ".join(filter(None, (str(path.relative_to(item.config.rootpath)), trace.link)))
