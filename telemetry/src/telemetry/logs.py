"""Log lines as JSON on standard output, each with the trace, span and tenant that it belongs to."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from opentelemetry.trace import format_span_id, format_trace_id, get_current_span

from telemetry.tenant import current_tenant


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time (RFC 3339, UTC), level, logger, message, service, and the context's ids."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Give the record as one line."""
        line: dict[str, str] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            **_context(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)  # in ASCII: it can be written to any stream, and no character of it ends the line


def configure_logging(service: str, level: str = "INFO") -> None:
    """Send the root logger's records of `level` and above to standard output as JSON; called once, in ``__main__``."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _context() -> dict[str, str]:
    span = get_current_span().get_span_context()
    fields = (
        {"trace_id": format_trace_id(span.trace_id), "span_id": format_span_id(span.span_id)} if span.is_valid else {}
    )
    if tenant := current_tenant():
        fields["tenant"] = tenant
    return fields
