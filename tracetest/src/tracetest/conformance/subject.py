"""The service under test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager

from tracetest.conformance.environment.process import Process
from tracetest.conformance.instance import Instance


class Subject(ABC):
    """A service, however it is reached."""

    @property
    @abstractmethod
    def running(self) -> Instance:
        """One that runs, for all checks that leave it as they found it."""

    @property
    @abstractmethod
    def without_database(self) -> Instance:
        """An instance whose database is unavailable; raises NotApplicable without a database of the suite."""

    @abstractmethod
    def start(self, environ: Mapping[str, str]) -> AbstractContextManager[tuple[Instance, Process]]:
        """Start one more, with these variables on top of its own; raise NotApplicable where the suite starts none."""
