"""What can be wrong, by class; a program that runs the doctor can tell them apart by its exit code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ailment(StrEnum):
    """A class of what can be wrong, in the order in which it is looked for."""

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


# 1 is Python's own, for what nobody foresaw; 2 is every program's of this repository, for a setting that is wrong.
EXIT_CODES = {ailment: number for number, ailment in enumerate(Ailment, start=2)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at.

    Attributes:
        subject: What was looked at, in a word or two.
        text: What was found, in a line.
        ailment: Its class; None when all is well.
        cure: What to do about it; empty when all is well.
    """

    subject: str
    text: str
    ailment: Ailment | None = None
    cure: str = ""
