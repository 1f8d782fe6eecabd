"""Log records: their fields, the JSON formatter, the handler that exports them, structlog.

Imports export, otlp, errors and context; instrumentation and setup may import it.
"""
