from __future__ import annotations

import json
import logging
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from telemetry import (
    ExporterConfig,
    LimitsConfig,
    LogsConfig,
    MetricsConfig,
    Telemetry,
    TelemetryConfig,
    configure,
    use_tenant,
)
from telemetry.logs.handler import severity_of

SLACK = 1.5  # seconds, for a machine that has other things to do
PROTOCOLS = ["grpc", "http/protobuf"]
LOGGER = "test.shop"
_IN_MEMORY: Any = InMemoryLogRecordExporter


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """Give a logger of the test's own, at DEBUG."""
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.DEBUG)
    yield logger
    assert not logger.handlers
    logger.setLevel(logging.NOTSET)


def logging_to(endpoint: str, protocol: Any = "http/protobuf", **options: Any) -> Telemetry:
    logs = LogsConfig(exporter=ExporterConfig(endpoint=endpoint, protocol=protocol), **options)
    return configure(TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), logs=logs))


def values(record: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in record.attributes}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_records_reach_a_collector_with_their_trace_and_tenant(
    http_collector: Any, grpc_collector: Any, logger: logging.Logger, protocol: Any
) -> None:
    collector = grpc_collector if protocol == "grpc" else http_collector
    with logging_to(collector.endpoint, protocol) as telemetry:
        telemetry.capture_logs(logger)
        with use_tenant("acme"), telemetry.tracer("tests").start_as_current_span("work") as span:
            logger.warning("order %s is late", "o-1", extra={"order.items": 3})

    (record,) = collector.log_records
    context = span.get_span_context()
    assert record.body.string_value == "order o-1 is late"
    assert (record.severity_number, record.severity_text) == (SeverityNumber.WARN.value, "WARN")
    assert record.trace_id == context.trace_id.to_bytes(16, "big")
    assert record.span_id == context.span_id.to_bytes(8, "big")
    assert values(record) == {"order.items": 3, "tenant.id": "acme"}
    assert not logger.handlers


def test_a_record_that_otlp_cannot_carry_as_it_is_costs_no_other(http_collector: Any, logger: logging.Logger) -> None:
    with logging_to(http_collector.endpoint) as telemetry:
        telemetry.capture_logs(logger)
        logger.info("half a pair: \ud800", extra={"half \ud800": "\ud800", "large": 1 << 70, "none": float("nan")})
        logger.info("whole")

    odd, whole = http_collector.log_records
    assert (odd.body.string_value, whole.body.string_value) == ("half a pair: ?", "whole")
    assert values(odd) == {"half ?": "?", "large": str(1 << 70), "none": "nan"}


def test_an_exception_is_exported_without_its_secrets(http_collector: Any, logger: logging.Logger) -> None:
    with logging_to(http_collector.endpoint) as telemetry:
        telemetry.capture_logs(logger)
        try:
            int("password=hunter22")
        except ValueError:
            logger.exception("login of jane@example.com failed")

    (record,) = http_collector.log_records
    found = values(record)
    assert record.body.string_value == "login of REDACTED failed"
    assert found["exception.type"] == "ValueError"
    assert found["exception.stacktrace"].startswith("Traceback")
    assert "hunter22" not in found["exception.stacktrace"]


def test_a_record_that_is_too_large_is_cut(http_collector: Any, logger: logging.Logger) -> None:
    config = TelemetryConfig(
        service_name="test",
        exporter=ExporterConfig(kind="none"),
        limits=LimitsConfig(attributes=2, attribute_length=10),
        logs=LogsConfig(exporter=ExporterConfig(endpoint=http_collector.endpoint)),
    )
    with configure(config) as telemetry:
        telemetry.capture_logs(logger)
        logger.info("x" * 1_000_000, extra={"a": "y" * 100, "b": 1, "c": 2})

    (record,) = http_collector.log_records
    assert len(record.body.string_value) == 32_768
    assert values(record) == {"a": "y" * 10, "b": 1}
    assert record.dropped_attributes_count == 1


def test_in_a_file(tmp_path: Path, logger: logging.Logger) -> None:
    path = tmp_path / "logs.jsonl"
    logs = LogsConfig(exporter=ExporterConfig(kind="file", endpoint=str(path)))
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), logs=logs)
    with configure(config) as telemetry, telemetry.tracer("tests").start_as_current_span("work") as span:
        telemetry.capture_logs(logger)
        logger.info("hello", extra={"traceId": "aaaa"})

    (line,) = path.read_text(encoding="utf-8").splitlines()
    (record,) = json.loads(line)["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert record["body"] == {"stringValue": "hello"}
    assert record["attributes"] == [{"key": "traceId", "value": {"stringValue": "aaaa"}}]
    assert record["traceId"] == f"{span.get_span_context().trace_id:032x}"


def test_records_against_a_dead_collector_take_bounded_memory(unused_address: str) -> None:
    logger = logging.Logger(LOGGER)  # noqa: LOG001  without a parent: pytest keeps all that the root is shown
    telemetry = logging_to(f"http://{unused_address}", schedule_delay=60, max_queue_size=200, max_export_batch_size=200)
    telemetry.capture_logs(logger)

    def write(lines: int) -> None:
        for number in range(lines):
            logger.info("line %d %s", number, "x" * 1000, extra={"order.id": f"o-{number}"})

    write(1000)
    tracemalloc.start()
    try:
        write(10_000)
        grown, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        telemetry.shutdown()

    assert grown < 3_000_000  # of 11 MB that were written


@pytest.mark.parametrize("kind", ["dead", "black hole"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_collector_that_is_away_costs_no_loop_and_no_more_than_the_budget(
    unused_address: str, black_hole: str, caplog: pytest.LogCaptureFixture, protocol: Any, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    telemetry = logging_to(f"http://{unused_address if kind == 'dead' else black_hole}", protocol, schedule_delay=0.001)
    telemetry.capture_logs()
    logging.getLogger(LOGGER).info("hello")
    telemetry.force_flush(0.3)  # what the exporter itself logs meanwhile goes to the same handlers
    (pipeline,) = telemetry.log_export.pipelines
    assert pipeline.counts.ended <= 2
    started = monotonic()
    telemetry.shutdown(budget=0.3)

    assert monotonic() - started < 0.3 + SLACK
    lines = [record.getMessage() for record in caplog.records if record.name == "telemetry.export.queue"]
    assert len(lines) == 1
    assert "log records were not exported" in lines[0]
    assert not [each for each in logging.getLogger().handlers if type(each).__module__ == "telemetry.logs.handler"]


def test_records_of_the_exporters_are_not_exported(http_collector: Any, logger: logging.Logger) -> None:
    with logging_to(http_collector.endpoint) as telemetry:
        telemetry.capture_logs(logging.getLogger("opentelemetry"))
        telemetry.capture_logs(logger)
        logging.getLogger("opentelemetry.sdk").error("export failed")
        logger.info("hello")

    assert [record.body.string_value for record in http_collector.log_records] == ["hello"]


def test_a_full_queue_drops_the_oldest_and_counts(black_hole: str, logger: logging.Logger) -> None:
    telemetry = logging_to(f"http://{black_hole}", max_queue_size=10, max_export_batch_size=10, schedule_delay=60)
    telemetry.capture_logs(logger)
    for number in range(100):
        logger.info("line %d", number)
    (pipeline,) = telemetry.log_export.pipelines
    counts = pipeline.counts
    telemetry.shutdown(budget=0)

    assert counts.ended == 100
    assert counts.dropped >= 70


def test_a_logger_is_captured_once_and_let_go_at_the_shutdown(http_collector: Any, logger: logging.Logger) -> None:
    with logging_to(http_collector.endpoint) as telemetry:
        telemetry.capture_logs(logger)
        telemetry.capture_logs(logger)
        logger.info("hello")
    logger.info("too late")

    assert len(http_collector.log_records) == 1


def test_where_logs_are_off_nothing_is_captured(telemetry: Telemetry, logger: logging.Logger) -> None:
    telemetry.capture_logs(logger)

    assert not logger.handlers
    assert telemetry.log_export.provider is None


def test_a_processor_of_one_s_own_sees_the_records_and_the_resource(logger: logging.Logger) -> None:
    exporter: Any = _IN_MEMORY()
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"))
    with configure(config, log_processors=[SimpleLogRecordProcessor(exporter)]) as telemetry:
        telemetry.capture_logs(logger)
        logger.info("hello")

    (record,) = exporter.get_finished_logs()
    assert record.log_record.body == "hello"
    assert record.resource.attributes["service.name"] == "test"


def test_on_the_console(capsys: pytest.CaptureFixture[str], logger: logging.Logger) -> None:
    logs = LogsConfig(exporter=ExporterConfig(kind="console"))
    config = TelemetryConfig(service_name="test", exporter=ExporterConfig(kind="none"), logs=logs)
    with configure(config) as telemetry:
        telemetry.capture_logs(logger)
        logger.info("hello")

    assert '"hello"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (5, SeverityNumber.TRACE),
        (logging.DEBUG, SeverityNumber.DEBUG),
        (logging.INFO, SeverityNumber.INFO),
        (25, SeverityNumber.INFO),
        (logging.WARNING, SeverityNumber.WARN),
        (logging.ERROR, SeverityNumber.ERROR),
        (logging.CRITICAL, SeverityNumber.FATAL),
    ],
)
def test_levels_are_severities(level: int, expected: SeverityNumber) -> None:
    assert severity_of(level)[0] is expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_exports_its_own_records(http_collector: Any, logger: logging.Logger) -> None:
    with logging_to(http_collector.endpoint) as telemetry:
        telemetry.capture_logs(logger)
        logger.info("parent")
        telemetry.force_flush()
        child = os.fork()
        if child == 0:
            logger.info("child")
            os._exit(0 if telemetry.force_flush(5) else 1)
        assert os.waitpid(child, 0)[1] == 0

    assert sorted(record.body.string_value for record in http_collector.log_records) == ["child", "parent"]


def test_all_three_signals_share_one_budget_with_a_black_hole(black_hole: str, logger: logging.Logger) -> None:
    exporter = ExporterConfig(endpoint=f"http://{black_hole}")
    telemetry = configure(
        TelemetryConfig(
            service_name="test",
            exporter=exporter,
            metrics=MetricsConfig(exporter=exporter),
            logs=LogsConfig(exporter=exporter),
        )
    )
    telemetry.capture_logs(logger)
    with telemetry.tracer("tests").start_as_current_span("work"):
        telemetry.business.counter("orders_created").add()
        logger.info("hello")
    started = monotonic()
    telemetry.shutdown(budget=0.5)

    assert monotonic() - started < 0.5 + SLACK
