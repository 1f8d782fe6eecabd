"""The SDK's tracer provider, with tracers of our own and correct forks."""

from __future__ import annotations

from threading import Lock
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.util.types import Attributes

from telemetry.config.sections import Sink
from telemetry.otlp.source import Source
from telemetry.trace.span import Recording
from telemetry.trace.tracer import ServiceTracer


class ServiceTracerProvider(TracerProvider):
    """A provider of `ServiceTracer`, whose resource can be replaced.

    In a forked child the SDK's provider runs its detectors in a thread pool, and their attributes override the
    configured ones. Here `Telemetry` sets the child's resource.
    """

    def __init__(self, *, error_sink: Sink = "event", **options: Any) -> None:
        super().__init__(shutdown_on_exit=False, **options)
        self._own_tracers: dict[InstrumentationScope, ServiceTracer] = {}
        self._recording = Recording(self._span_limits, self._active_span_processor, set(), error_sink)

    @property
    def open_spans(self) -> int:
        """The number of recorded spans that have started and not ended."""
        return len(self._recording.open)

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> ServiceTracer:
        """Return the tracer of a library; the same tracer for the same arguments.

        The configuration decides whether to trace, not the environment.
        """
        scope = InstrumentationScope(
            instrumenting_module_name, instrumenting_library_version or "", schema_url, attributes
        )
        with self._tracers_lock:
            tracer = self._own_tracers.get(scope)
            if tracer is None:
                source = Source(self._resource, scope)
                tracer = ServiceTracer(source, self.sampler, self.id_generator, self._recording)
                self._own_tracers[scope] = tracer
        return tracer

    def use_resource(self, resource: Resource) -> None:
        """Use this resource for all spans that start from now on; open spans are forgotten."""
        self._resource = resource
        self._recording.open.clear()
        for tracer in list(self._own_tracers.values()):
            tracer.source = Source(resource, tracer.source.scope)

    def _handle_fork(self) -> None:
        self._tracers_lock = Lock()  # another thread of the parent may have held it
