"""What holds for every test of the repository, wherever pytest is started.

Imports the packages whose names are also names of folders here, before pytest takes those folders for packages.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import hypothesis
import pytest

import bench  # noqa: F401
import chassis  # noqa: F401
import console  # noqa: F401
import faults  # noqa: F401
import gateway  # noqa: F401
import telemetry  # noqa: F401
import tracetest  # noqa: F401
from pytest_tracetest import backend_name
from tracetest.conformance import NotApplicable

_STACKS = {"local": "local", "compose": "compose", "observability": "observed"}  # and the fixtures that give them

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("busy machine")


# Who runs this in the background may have it ignored, and the programs that the tests stop would ignore it, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the end-to-end tests run on either stack."""
    parser.addoption(
        "--stack",
        choices=tuple(_STACKS),
        default="local",
        help="what the end-to-end tests run on: the services as processes, docker compose (see make test-compose), or "
        "docker compose with the profile observability",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what this run has no place for: a test tells what it needs by the fixtures and parameters it names."""
    stack = config.getoption("--stack")
    missing = {fixture for name, fixture in _STACKS.items() if name != stack}
    if backend_name(config) == "memory":
        missing |= {"stack", stack}
    if not any(name.endswith("_STORE_TEST_URL") for name in os.environ):
        missing.add("postgresql")
    if not os.environ.get("OTELCOL"):
        missing.add("otelcol")
    without = [item for item in items if missing & _needs(item)]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in set(without)]


def _needs(item: pytest.Item) -> set[str]:
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return {*getattr(item, "fixturenames", ()), *(each for each in parameters if isinstance(each, str))}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI set, a test that is skipped has failed: nobody would see that it was not run.

    But a rule that says nothing about a service has been looked at.
    """
    says_nothing = call.excinfo is not None and isinstance(call.excinfo.value, NotApplicable)
    report = yield
    if report.skipped and not says_nothing and not hasattr(report, "wasxfail"):
        _fail_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that is skipped as a whole."""
    report = yield
    if report.skipped:
        _fail_in_ci(report)
    return report


def _fail_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"skipped, which with CI set is a failure: {reason}"
