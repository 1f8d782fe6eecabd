"""The classes of faults; a program that runs the doctor distinguishes them by its exit code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ailment(StrEnum):
    """A class of faults, in the order of the checks."""

    SETTING = "setting"
    EXPORTER = "exporter"
    SAMPLER = "sampler"
    PROPAGATOR = "propagator"
    PROXY = "proxy"
    NAME = "name"
    PORT = "port"
    TLS = "tls"
    PROTOCOL = "protocol"
    REFUSED = "refused"
    COLLECTOR = "collector"
    CLOCK = "clock"
    TRACE = "trace"


# 1 is Python's own, for an unexpected error; 2 is used by every program here for an invalid setting.
EXIT_CODES = {ailment: number for number, ailment in enumerate(Ailment, start=2)}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        subject: What was checked, in a word or two.
        text: The result, in one line.
        ailment: Its class; None when the check passes.
        cure: What to do about it; empty when the check passes.
    """

    subject: str
    text: str
    ailment: Ailment | None = None
    cure: str = ""
