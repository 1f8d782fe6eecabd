"""A service that is already running, at its address."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Self

import grpc
from typing_extensions import override

from tracetest.backends.base import Backend
from tracetest.conformance.environment.process import Process
from tracetest.conformance.errors import NotApplicable
from tracetest.conformance.instance import Instance, Requests
from tracetest.conformance.subject import Subject

_NOT_OWN = "the suite did not start the service: it has to (--command)"


class Address(Subject):
    """A service that runs; a context manager. What needs a process of the suite's own does not apply.

    Args:
        address: ``HOST:PORT``.
        traces: Where its spans are found; None: what looks at spans does not apply either.
        requests: See `Instance`.
    """

    def __init__(self, address: str, traces: Backend | None = None, requests: Requests | None = None) -> None:
        self._address = address
        self._traces = traces
        self._requests = requests or {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.running.channel.close()

    def __str__(self) -> str:
        return self._address

    @property
    @override
    def running(self) -> Instance:
        return self._running

    @property
    @override
    def without_database(self) -> Instance:
        raise NotApplicable(_NOT_OWN)

    @override
    def start(self, environ: Mapping[str, str]) -> AbstractContextManager[tuple[Instance, Process]]:
        raise NotApplicable(_NOT_OWN)

    @cached_property
    def _running(self) -> Instance:
        channel = grpc.insecure_channel(self._address)
        return Instance(address=self._address, channel=channel, traces=self._traces, requests=self._requests)
