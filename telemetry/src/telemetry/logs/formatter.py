"""Log lines as JSON on standard output, each with its trace, span and tenant, and redacted."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from telemetry.logs.fields import context_fields, describe

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time (RFC 3339, UTC), level, logger, message, service, and the context's ids.

    The values of ``extra=…`` are further fields. Secrets are redacted, see `telemetry.redaction`.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        described = describe(record)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": described.message,
            **context_fields(),
        }
        for name, value in described.extra.items():
            line.setdefault(name, value)
        if described.stack_trace:
            line["exception"] = described.stack_trace
        if described.stack_info:
            line["stack_info"] = described.stack_info
        return json.dumps(line)  # in ASCII: it can be written to any stream, and no character of it ends the line


def configure_logging(service: str, level: str = "INFO") -> None:
    """Write the root logger's records of `level` and above to standard output as JSON; call it once, in ``__main__``.

    With `telemetry.Telemetry.capture_logs` they are exported as well.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
