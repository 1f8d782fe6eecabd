from __future__ import annotations

import logging
from typing import Any

from telemetry import ExporterConfig, LogsConfig, TelemetryConfig, configure


def test_the_stack_of_the_logging_call_is_exported(http_collector: Any) -> None:
    config = TelemetryConfig(
        service_name="user",
        exporter=ExporterConfig(kind="none"),
        logs=LogsConfig(exporter=ExporterConfig(endpoint=http_collector.endpoint)),
    )
    logger = logging.getLogger("stack")
    with configure(config) as telemetry:
        telemetry.capture_logs(logger)
        logger.warning("here", stack_info=True)

    (record,) = http_collector.log_records
    attributes = {each.key: each.value.string_value for each in record.attributes}
    assert "test_the_stack_of_the_logging_call_is_exported" in attributes["code.stacktrace"]
