"""What every service built on this package does, whatever else it does: a suite that a service passes unedited.

See ``docs/reference/conformance.md``.
"""

from tracetest.conformance.address import Address
from tracetest.conformance.catalogue import CHECKS
from tracetest.conformance.check import Check
from tracetest.conformance.errors import NotApplicable, Violation
from tracetest.conformance.program import Program
from tracetest.conformance.subject import Subject

__all__ = ["CHECKS", "Address", "Check", "NotApplicable", "Program", "Subject", "Violation"]
