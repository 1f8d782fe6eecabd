"""What the providers of a process record, kept as it would have been exported, with ids and times that repeat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Link as OtelLink
from opentelemetry.trace import SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from telemetry import ExporterConfig, LogsConfig, TelemetryConfig, configure
from tracetest import Link, LogRecord, Memory, Trace, TraceContext


def tracer(memory: Memory, service: str) -> Tracer:
    provider = TracerProvider(resource=Resource({"service.name": service}))
    provider.add_span_processor(memory.span_processor)
    return provider.get_tracer("test")


def request(memory: Memory, sent: TraceContext) -> None:
    """Serve a request: two services, one of which fails."""
    shop, cart = tracer(memory, "shop"), tracer(memory, "cart")
    context = TraceContextTextMapPropagator().extract({"traceparent": sent.traceparent})
    with shop.start_as_current_span("GET /cart", context, SpanKind.SERVER, {"http.route": "/cart"}) as served:
        link = OtelLink(served.get_span_context())
        with cart.start_as_current_span("SELECT carts", kind=SpanKind.CLIENT, links=[link]) as query:
            query.add_event("retry", {"attempt": 1})
            query.set_status(StatusCode.ERROR, "no such table")
            query.set_attribute("sizes", [1, 2])


def whole(memory: Memory, sent: TraceContext) -> Trace:
    return asyncio.run(memory.whole(sent.trace_id, sent.span_id))


def test_spans_are_as_they_were_recorded() -> None:
    memory = Memory()
    sent = memory.new_context("test")
    request(memory, sent)

    trace = whole(memory, sent)

    served, query = trace
    assert (served.service, served.name, served.kind, served.parent_id) == ("shop", "GET /cart", "SERVER", sent.span_id)
    assert served.attributes == {"http.route": "/cart"}
    assert (query.service, query.status, query.status_message) == ("cart", "ERROR", "no such table")
    assert (query.parent_id, query.attributes) == (served.span_id, {"sizes": (1, 2)})
    assert [(event.name, event.attributes) for event in query.events] == [("retry", {"attempt": 1})]
    assert query.links == (Link(trace.trace_id, served.span_id),)


def test_ids_and_times_are_the_same_in_each_run_and_keep_the_order_of_things() -> None:
    def run() -> Trace:
        memory = Memory()
        sent = memory.new_context("test")
        request(memory, sent)
        return whole(memory, sent)

    one, other = run(), run()

    def shown(trace: Trace) -> list[tuple[str, str | None, int, int]]:
        return [(span.span_id, span.parent_id, span.start, span.end) for span in trace]

    assert one.trace_id == other.trace_id
    assert shown(one) == shown(other)
    served, query = one
    assert [span.span_id for span in one] == [f"{n:016x}" for n in (1, 2)]
    assert served.start < query.start < query.end < served.end


def test_each_request_of_each_test_has_its_own_context() -> None:
    memory = Memory()

    contexts = [memory.new_context(test) for test in ("one", "one", "other")]

    assert len({context.trace_id for context in contexts}) == 3


def test_what_is_not_sampled_is_not_there() -> None:
    memory = Memory()
    provider = TracerProvider(sampler=ALWAYS_OFF)
    provider.add_span_processor(memory.span_processor)
    with provider.get_tracer("test").start_as_current_span("GET /cart") as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"

    assert asyncio.run(memory.fetch(trace_id)) is None


def test_a_span_that_has_not_ended_is_missing() -> None:
    memory = Memory()
    shop = tracer(memory, "shop")
    with shop.start_as_current_span("GET /cart") as served:
        shop.start_span("SELECT carts").end()
        trace_id = f"{served.get_span_context().trace_id:032x}"
        there = asyncio.run(memory.fetch(trace_id))

    assert there is not None
    assert [span.name for span in there] == ["SELECT carts"]
    assert len(whole(memory, TraceContext(trace_id, ""))) == 2


@contextmanager
def logging_at_info(name: str) -> Iterator[logging.Logger]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.INFO)
    yield logger
    logger.setLevel(before)


def test_log_records_are_those_of_the_service_whose_span_was_current() -> None:
    memory = Memory()
    services = [
        configure(
            TelemetryConfig(service_name=name, exporter=ExporterConfig(kind="none"), logs=LogsConfig()),
            span_processors=[memory.span_processor],
            log_processors=[memory.log_processor],
        )
        for name in ("shop", "cart")
    ]
    with logging_at_info("telemetry.tests.memory") as logger:
        for each in services:
            each.capture_logs(logger)
        with services[1].tracer("test").start_as_current_span("SELECT carts") as span:
            trace_id = f"{span.get_span_context().trace_id:032x}"
            logger.info("found", extra={"rows": 2})
        logger.info("outside of any trace")
        for each in services:
            each.shutdown()

    logs, _measurements = asyncio.run(memory.signals(trace_id))

    assert logs is not None
    assert [(record.service, record.severity, record.body) for record in logs] == [("cart", "INFO", "found")]
    assert isinstance(logs[0], LogRecord)
    assert logs[0].attributes["rows"] == 2
    assert logs[0].span_id == f"{1:016x}"


def test_measurements_are_exemplars_and_stay_though_they_are_collected_again() -> None:
    memory = Memory()
    meter = MeterProvider([memory.metric_reader()], Resource({"service.name": "shop"})).get_meter("test")
    latency = meter.create_histogram("latency", unit="s")
    with tracer(memory, "shop").start_as_current_span("GET /cart") as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
        latency.record(0.25, {"http.route": "/cart"})
    latency.record(9.0)

    for _ in range(2):
        _logs, measurements = asyncio.run(memory.signals(trace_id))
        assert measurements is not None
        assert [(each.service, each.name, each.unit, each.value, each.attributes) for each in measurements] == [
            ("shop", "latency", "s", 0.25, {"http.route": "/cart"})
        ]
        assert measurements[0].span_id == f"{1:016x}"


def test_its_log_processor_is_closed_with_its_provider() -> None:
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(Memory().log_processor)

    assert provider.force_flush()
    provider.shutdown()
