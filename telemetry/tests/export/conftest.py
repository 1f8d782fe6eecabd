from __future__ import annotations

from typing import Any

import pytest

from telemetry import ExporterConfig, Telemetry, TelemetryConfig, configure


class Exporting:
    """A service that exports spans, and the lines that its queue logs."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def to(self, *endpoints: str, protocol: Any = "http/protobuf", **options: Any) -> Telemetry:
        exporters = tuple(ExporterConfig(endpoint=endpoint, protocol=protocol) for endpoint in endpoints)
        return configure(TelemetryConfig(service_name="test", exporter=exporters, **options))

    def spans(self, telemetry: Telemetry, count: int) -> None:
        tracer = telemetry.tracer("tests")
        for number in range(count):
            with tracer.start_as_current_span(f"span {number}"):
                pass

    @property
    def lines(self) -> list[str]:
        return [each.getMessage() for each in self._caplog.records if each.name == "telemetry.export.queue"]


@pytest.fixture
def exporting(caplog: pytest.LogCaptureFixture) -> Exporting:
    return Exporting(caplog)
