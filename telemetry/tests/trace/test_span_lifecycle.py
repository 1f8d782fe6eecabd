from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from telemetry import Telemetry
from telemetry.trace.provider import ServiceTracerProvider


class Ended(SpanProcessor):
    """Keeps what it is given, and counts what is about to end."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self.ending = 0

    def _on_ending(self, span: Span) -> None:
        assert not span.is_recording()
        self.ending += 1

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def test_processors_are_told_that_it_ends_and_it_is_open_no_more() -> None:
    ended = Ended()
    provider = ServiceTracerProvider()
    provider.add_span_processor(ended)
    span: Any = provider.get_tracer("tests").start_span("work")
    assert (provider.open_spans, ended.ending) == (1, 0)
    span.end()

    assert (provider.open_spans, ended.ending, ended.spans) == (0, 1, [span])


def test_exceptions_go_where_its_service_wants_them() -> None:
    span: Any = ServiceTracerProvider(error_sink="log").get_tracer("tests").start_span("work")
    span.record_exception(ValueError("broken"))

    assert span.error_sink == "log"
    assert not span.events


def test_threads_may_share_a_span(telemetry: Telemetry, spans: list[Any]) -> None:
    threads = 8
    at_once = Barrier(threads)
    with ThreadPoolExecutor(threads) as pool:
        span = telemetry.tracer("tests").start_span("work")

        def work(number: int) -> None:
            at_once.wait(10)
            for turn in range(200):
                span.set_attribute(f"{number}.{turn % 10}", turn)
                span.add_event("turn")
            at_once.wait(10)
            span.end()

        list(pool.map(work, range(threads)))

    (finished,) = spans
    assert len(finished.attributes) == 80
    assert len(finished.events) + finished.dropped_events == threads * 200


def test_a_forked_child_does_not_export_what_its_parent_has_open(run_python: Any) -> None:
    result = run_python("""
import os
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from telemetry import ExporterConfig, TelemetryConfig, configure

exporter = InMemorySpanExporter()
config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
telemetry = configure(config, span_processors=[SimpleSpanProcessor(exporter)])
tracer = telemetry.tracer("tests")
with tracer.start_as_current_span("parent's"):
    child = os.fork()
    with tracer.start_as_current_span("own"):
        pass
names = [span.name for span in exporter.get_finished_spans()]
assert names == (["own", "parent's"] if child else ["own"]), names
assert telemetry.open_spans == 0
if child:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
""")

    assert (result.returncode, result.stderr) == (0, "")
