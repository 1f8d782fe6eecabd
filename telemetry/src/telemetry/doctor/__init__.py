"""Finds where a service's telemetry breaks, and suggests a fix: ``python -m telemetry.doctor``.

Imports setup and everything below it; nothing imports it.
"""

from telemetry.doctor.diagnosis import Diagnosis, examine
from telemetry.doctor.findings import EXIT_CODES, Ailment, Finding

__all__ = ["EXIT_CODES", "Ailment", "Diagnosis", "Finding", "examine"]
