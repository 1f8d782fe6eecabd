from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from telemetry import BatchConfig
from telemetry.export.logs import EncodedLogPipeline
from telemetry.otlp.request import Encoded, join_request

NANOSECONDS = st.integers(0, 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.binary(max_size=9)
_IN_MEMORY: Any = InMemoryLogRecordExporter


class Kept:
    """An exporter that keeps what it is given."""

    def __init__(self) -> None:
        self.items: list[Encoded] = []

    def export(self, items: Any) -> Any:
        self.items += items
        return type("Result", (), {"name": "SUCCESS"})

    def shutdown(self) -> None:
        return


@given(
    body=VALUES | st.lists(VALUES, max_size=3) | st.dictionaries(TEXTS, VALUES, max_size=3) | st.none(),
    attributes=st.dictionaries(TEXTS.filter(bool), VALUES, max_size=4),
    severity=st.none() | st.sampled_from(SeverityNumber),
    span=st.none() | st.tuples(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 1)),
    times=st.tuples(NANOSECONDS, NANOSECONDS),
    event=st.none() | TEXTS,
)
def test_a_record_is_encoded_as_opentelemetrys_own_encoder_does(  # noqa: PLR0913, PLR0917  what a record is made of
    body: Any, attributes: Any, severity: Any, span: Any, times: Any, event: Any
) -> None:
    exporter, kept = _IN_MEMORY(), Kept()
    pipeline = EncodedLogPipeline(kept, BatchConfig())
    provider = LoggerProvider(Resource({"service.name": "test"}), shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.add_log_record_processor(pipeline)
    context = None
    if span is not None:
        made = SpanContext(span[0], span[1], is_remote=False, trace_flags=TraceFlags(span[2]))
        context = set_span_in_context(NonRecordingSpan(made))
    provider.get_logger("shop", "1.0").emit(
        timestamp=times[0],
        observed_timestamp=times[1],
        context=context,
        severity_number=severity,
        severity_text=None if severity is None else severity.name,
        body=body,
        attributes=attributes,
        event_name=event,
    )
    pipeline.close()

    theirs = encode_logs(exporter.get_finished_logs())
    assert ExportLogsServiceRequest.FromString(join_request(kept.items)) == theirs


def test_a_record_that_cannot_be_encoded_is_counted_and_raises_nothing() -> None:
    pipeline = EncodedLogPipeline(Kept(), BatchConfig())
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(pipeline)
    timestamp: Any = "yesterday"
    provider.get_logger("shop").emit(timestamp=timestamp, body="hello")
    pipeline.close()

    assert pipeline.counts.failed == 1
