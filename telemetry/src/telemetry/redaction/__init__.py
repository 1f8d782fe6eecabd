"""Secrets taken out of what is recorded: out of texts, by the names of fields, and out of URL queries.

Imports nothing of this distribution; everything may import it.
"""

from telemetry.redaction.names import is_secret_field, is_secret_header, is_secret_parameter
from telemetry.redaction.query import redact_query
from telemetry.redaction.text import REDACTED, redact

__all__ = ["REDACTED", "is_secret_field", "is_secret_header", "is_secret_parameter", "redact", "redact_query"]
