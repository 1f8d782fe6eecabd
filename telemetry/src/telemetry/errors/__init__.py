"""Errors as spans, logs, metrics and callers see them: one classification, one record, and no secrets."""

from telemetry.errors.classes import HANDLING, ErrorClass, Handling, Severity
from telemetry.errors.classify import CLASS_OF_CODE, DatabaseUnavailable, classify
from telemetry.errors.details import extract_error_details
from telemetry.errors.record import record_error

__all__ = [
    "CLASS_OF_CODE",
    "HANDLING",
    "DatabaseUnavailable",
    "ErrorClass",
    "Handling",
    "Severity",
    "classify",
    "extract_error_details",
    "record_error",
]
