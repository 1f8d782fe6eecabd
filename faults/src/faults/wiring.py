"""Where a service takes its faults in: one call in its composition root."""

from __future__ import annotations

from collections import defaultdict

from grpc import aio

from chassis.database.engine import Database
from faults.calls import FaultInterceptor
from faults.catalogue import Catalogue, Fault, load
from faults.clock import SkewedClocks
from faults.settings import FaultSettings
from faults.statements import listen
from faults.switches import Switches
from telemetry import Telemetry, semconv


def fault_interceptors(
    settings: FaultSettings | None, telemetry: Telemetry, database: Database, catalogue: Catalogue | None = None
) -> list[aio.ServerInterceptor]:
    """Wire the faults of a service; give what its server wants after telemetry's own interceptors.

    Args:
        settings: None wires nothing, and gives nothing.
        telemetry: The service's; its name says which faults are its own.
        database: The service's.
        catalogue: The package's own by default.

    Raises:
        ConfigError: The file of flags cannot be read.
    """
    if settings is None:
        return []
    service = telemetry.config.service_name
    instance = str(telemetry.tracer_provider.resource.attributes.get(semconv.SERVICE_INSTANCE_ID, ""))
    clocks = SkewedClocks()
    telemetry.tracer_provider.add_span_processor(clocks)
    listen(database)
    switches = Switches(settings, service, instance)
    return [FaultInterceptor(_by_method(catalogue or load(), service), switches, database, clocks)]


def _by_method(catalogue: Catalogue, service: str) -> dict[str, list[Fault]]:
    methods: defaultdict[str, list[Fault]] = defaultdict(list)
    for fault in catalogue.injected:
        if fault.inject is not None and fault.inject.service == service:
            methods[fault.inject.method].append(fault)
    return methods
