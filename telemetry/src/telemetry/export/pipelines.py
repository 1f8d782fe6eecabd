"""Pipelines, flushed and shut down in parallel within one time budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Thread
from time import monotonic
from typing import Protocol

from opentelemetry.sdk.trace import SpanProcessor


class Pipeline(Protocol):
    """Something that exports, and that is flushed and closed together with others."""

    def flush(self) -> object:
        """Export the queue, however long it takes."""

    def close(self) -> None:
        """Export the queue and stop, however long it takes."""

    def report(self, budget: float, *, in_time: bool) -> None:
        """Log the losses after `close` has ended in time, or has been given up."""


def flush_all(pipelines: Sequence[Pipeline], others: Sequence[SpanProcessor], budget: float) -> bool:
    """Flush in parallel, `budget` seconds in total; return whether that was enough."""
    return all(_within(budget, [*(each.flush for each in pipelines), *(each.force_flush for each in others)]))


def shutdown_all(pipelines: Sequence[Pipeline], others: Sequence[SpanProcessor], budget: float) -> None:
    """Shut down in parallel, `budget` seconds in total."""
    ended = _within(budget, [*(each.close for each in pipelines), *(each.shutdown for each in others)])
    for pipeline, in_time in zip(pipelines, ended, strict=False):
        pipeline.report(budget, in_time=in_time)


def _within(seconds: float, works: Sequence[Callable[[], object]]) -> list[bool]:
    """Run all functions in parallel; return for each whether it ended in time."""
    ends_at = monotonic() + seconds
    threads = [start_daemon(work) for work in works]
    for thread in threads:
        thread.join(max(0.0, ends_at - monotonic()))
    return [not thread.is_alive() for thread in threads]


def start_daemon(work: Callable[[], object]) -> Thread:
    """Start the work in a thread that cannot keep the process alive."""
    thread = Thread(target=work, name="telemetry", daemon=True)
    thread.start()
    return thread
