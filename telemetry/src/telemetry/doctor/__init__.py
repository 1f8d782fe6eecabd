"""Says where a service's telemetry breaks, and the cure: ``python -m telemetry.doctor``."""

from telemetry.doctor.diagnosis import Diagnosis, examine
from telemetry.doctor.findings import EXIT_CODES, Ailment, Finding

__all__ = ["EXIT_CODES", "Ailment", "Diagnosis", "Finding", "examine"]
