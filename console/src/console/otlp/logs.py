"""Reads an ExportLogsServiceRequest. A record is kept as it came; see `console.otlp.spans`."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1 import logs_pb2

from console.model import TENANT, LogRecord
from console.otlp.decoded import Decoded, RefusedItemError, weigh
from console.otlp.requests import decode
from console.otlp.source import Source
from console.otlp.values import SPAN_ID_BYTES, TRACE_ID_BYTES, attributes_of, optional_id, value_of

_OVERHEAD_BYTES = 600
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")  # four numbers each, from 1
_NUMBERS_A_LEVEL = 4


@dataclass(slots=True)
class StoredLog:
    """A log record as it came, and what is asked for most; as in `console.model.LogRecord`.

    Attributes:
        wire: the LogRecord message.
        tenant: ``tenant.id``, or "".
        number: its place in the order of arrival; the store gives it.
    """

    time: int
    severity: int
    trace_id: str
    span_id: str
    service: str
    tenant: str
    source: Source
    wire: bytes
    number: int = 0

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes, its source not counted."""
        return _OVERHEAD_BYTES + len(self.wire)

    def read(self) -> LogRecord:
        """Read all of it."""
        record = logs_pb2.LogRecord.FromString(self.wire)
        return LogRecord(
            number=self.number,
            time=self.time,
            severity=self.severity,
            level=record.severity_text or level_of(self.severity),
            body=value_of(record.body),
            resource=self.source.resource,
            scope=self.source.scope,
            attributes=attributes_of(record.attributes),
            trace_id=self.trace_id,
            span_id=self.span_id,
            event_name=record.event_name,
        )


def level_of(severity: int) -> str:
    """Give OTLP's word for a severity's number; "" for none."""
    index = (severity - 1) // _NUMBERS_A_LEVEL
    return _LEVELS[index] if 0 <= index < len(_LEVELS) else ""


def decode_logs(body: bytes) -> Decoded[StoredLog]:
    """Read a request in protobuf; a record that is malformed by itself or too large is refused alone.

    Raises:
        MalformedRequestError: the body is cut off or is no such message.
    """
    return decode(body, "ExportLogsServiceRequest", "log records", _stored)


def _stored(data: bytes, source: Source) -> StoredLog:
    weigh("a log record", data, RefusedItemError)
    try:
        record = logs_pb2.LogRecord.FromString(data)
    except DecodeError:
        raise RefusedItemError("a log record is no LogRecord message") from None
    tenants = (pair.value.string_value for pair in record.attributes if pair.key == TENANT)
    return StoredLog(
        time=record.time_unix_nano or record.observed_time_unix_nano,
        severity=record.severity_number,
        trace_id=optional_id("trace id", record.trace_id, TRACE_ID_BYTES),
        span_id=optional_id("span id", record.span_id, SPAN_ID_BYTES),
        service=source.service,
        tenant=sys.intern(next(tenants, "")),
        source=source,
        wire=data,
    )
