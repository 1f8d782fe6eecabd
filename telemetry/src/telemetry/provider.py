"""The SDK's provider of tracers, with a fork in our hands."""

from __future__ import annotations

from threading import Lock
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider


class ServiceTracerProvider(TracerProvider):
    """A provider whose resource can be exchanged.

    In a forked child the SDK's own gives itself the attributes that its detectors find, with a pool of threads, and
    lets them win over those that were configured. Here `Telemetry` says what the child's resource is.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(shutdown_on_exit=False, **options)
        self._disabled = False  # the SDK asks the environment; whether to trace is for the configuration to say

    def use_resource(self, resource: Resource) -> None:
        """Give all spans that start from now on this resource."""
        self._resource = resource
        for tracer in list(self._tracers.values()):
            tracer.resource = resource

    def _handle_fork(self) -> None:
        self._tracers_lock = Lock()  # another thread of the parent may have held it
