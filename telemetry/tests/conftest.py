"""A telemetry that keeps its spans in lists, and a wait for conditions."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from time import monotonic
from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure

Until = Callable[[Callable[[], object]], Awaitable[None]]
Ended = Callable[[int], Awaitable[list[Any]]]
RunPython = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def started() -> list[Any]:
    """Give all spans that were started."""
    return []


@pytest.fixture
def spans() -> list[Any]:
    """Give all spans that have ended."""
    return []


@pytest.fixture
def telemetry(started: list[Any], spans: list[Any]) -> Iterator[Telemetry]:
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config, span_processors=[_Recorder(started, spans)]) as telemetry:
        yield telemetry


@pytest.fixture
def until() -> Until:
    """Give a function that waits until a condition holds, and fails the test after ten seconds."""

    async def wait(condition: Callable[[], object]) -> None:
        ends_at = monotonic() + 10
        while not condition():
            if monotonic() > ends_at:
                pytest.fail("the condition did not come true")
            await asyncio.sleep(0.002)

    return wait


@pytest.fixture
def ended(started: list[Any], spans: list[Any], until: Until) -> Ended:
    """Give a function that waits until so many spans have been started, and all have ended, and gives them."""

    async def wait(count: int) -> list[Any]:
        await until(lambda: len(spans) >= count and len(spans) == len(started))
        assert len(spans) == count
        return spans

    return wait


@pytest.fixture
def run_python() -> RunPython:
    """Give a function that runs a program text in a fresh interpreter, without any OTEL_ variable but those given."""

    def run(program: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        return subprocess.run(  # noqa: S603  the tests' own programs
            [sys.executable, "-W", "error", "-c", program, *arguments],
            env=clean | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


class _Recorder(SpanProcessor):
    def __init__(self, started: list[Any], ended: list[Any]) -> None:
        self._started = started
        self._ended = ended

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002  the SDK's
        self._started.append(span)

    def on_end(self, span: ReadableSpan) -> None:
        self._ended.append(span)
