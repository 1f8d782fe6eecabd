"""Observers of served calls: metrics and the access log. Without observers, nothing is counted or timed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from grpc import StatusCode
from opentelemetry.context import Context

from telemetry import semconv
from telemetry.edge.networks import peer_address
from telemetry.errors import CLASS_OF_CODE, HANDLING
from telemetry.grpc.methods import Method
from telemetry.grpc.metrics import CallMetrics
from telemetry.grpc.status import SERVER_ERRORS
from telemetry.logs.fields import CLEAN

_access = logging.getLogger("telemetry.access")


@dataclass(frozen=True, slots=True)
class ServedCall:
    """A call that was served.

    Attributes:
        method: The method.
        code: Its status.
        seconds: Its duration.
        context: With the call's span and tenant.
        peer: The caller, in gRPC's notation.
    """

    method: Method
    code: StatusCode
    seconds: float
    context: Context
    peer: str


CallObserver = Callable[[ServedCall], None]


def measure(metrics: CallMetrics) -> CallObserver:
    """Create an observer that records metrics."""

    def observe(call: ServedCall) -> None:
        metrics.record(call.method, call.code, call.seconds, call.context)

    return observe


def log_access(call: ServedCall) -> None:
    """Log one line: at INFO, or for a server error at the level of its class."""
    level = HANDLING[CLASS_OF_CODE[call.code]].severity.level if call.code in SERVER_ERRORS else logging.INFO
    if not _access.isEnabledFor(level):
        return
    name, code = call.method.name, call.code.name
    fields: dict[str, object] = {
        semconv.RPC_METHOD: name,
        semconv.RPC_RESPONSE_STATUS_CODE: code,
        semconv.CLIENT_ADDRESS: peer_address(call.peer),
        "duration": round(call.seconds, 6),
        CLEAN: True,
    }
    _access.log(level, "%s %s %.1f ms", name, code, call.seconds * 1000, extra=fields)
