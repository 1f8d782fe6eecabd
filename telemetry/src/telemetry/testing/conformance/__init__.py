"""What every service built on this package does, whatever else it does: a suite that a service passes unedited.

See ``docs/conformance.md``.
"""

from telemetry.testing.conformance.address import Address
from telemetry.testing.conformance.catalogue import CHECKS
from telemetry.testing.conformance.check import Check
from telemetry.testing.conformance.errors import NotApplicable, Violation
from telemetry.testing.conformance.program import Program
from telemetry.testing.conformance.subject import Subject

__all__ = ["CHECKS", "Address", "Check", "NotApplicable", "Program", "Subject", "Violation"]
