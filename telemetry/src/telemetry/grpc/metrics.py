"""The duration of gRPC calls, at the client and at the server, as the conventions define it."""

from __future__ import annotations

from collections.abc import Collection

from grpc import StatusCode
from opentelemetry.context import Context
from opentelemetry.metrics import Histogram, Meter
from opentelemetry.semconv._incubating.metrics.rpc_metrics import RPC_CLIENT_CALL_DURATION, RPC_SERVER_CALL_DURATION
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.errors import CLASS_OF_CODE
from telemetry.grpc.methods import Method
from telemetry.grpc.status import SERVER_ERRORS
from telemetry.metrics.instruments import MAX_ATTRIBUTE_SETS, OTHER, duration_histogram
from telemetry.metrics.series import Series

_Attributes = dict[str, AttributeValue]


_CLIENT_ERRORS = frozenset(StatusCode) - {StatusCode.OK}


class CallMetrics:
    """``rpc.server.call.duration`` or ``rpc.client.call.duration``, for one server or channel."""

    def __init__(self, duration: Histogram, errors: Collection[StatusCode]) -> None:
        self._duration = duration
        self._errors = errors
        self._known: dict[tuple[str, StatusCode | None, str | None], Series] = {}

    def record(
        self, method: Method, code: StatusCode | None, seconds: float, context: Context, error_type: str | None = None
    ) -> None:
        """Record a call.

        Args:
            method: The method.
            code: Its status; None when it never started.
            seconds: Its duration.
            context: With the call's span, for the exemplar.
            error_type: Why it never started.
        """
        key = (method.name, code, error_type)
        series = self._known.get(key)
        if series is None:
            if len(self._known) >= MAX_ATTRIBUTE_SETS:
                key = (OTHER, code, error_type)
            made = Series(self._duration, self._attributes(key, method.attributes))
            series = self._known.setdefault(key, made)
        series.record(seconds, context)

    def _attributes(self, key: tuple[str, StatusCode | None, str | None], given: _Attributes) -> _Attributes:
        name, code, error_type = key
        attributes = {**given, semconv.RPC_METHOD: name}
        if code is not None:
            attributes[semconv.RPC_RESPONSE_STATUS_CODE] = code.name
        if code is not None and code in self._errors:
            attributes[semconv.ERROR_TYPE] = code.name
            attributes[semconv.ERROR_CLASS] = CLASS_OF_CODE[code].value
        if error_type is not None:
            attributes[semconv.ERROR_TYPE] = error_type
        return attributes


def server_call_metrics(meter: Meter) -> CallMetrics:
    """Create the metrics of a server's calls."""
    return CallMetrics(
        duration_histogram(meter, RPC_SERVER_CALL_DURATION, "Duration of incoming calls."), SERVER_ERRORS
    )


def client_call_metrics(meter: Meter) -> CallMetrics:
    """Create the metrics of one channel's calls."""
    return CallMetrics(
        duration_histogram(meter, RPC_CLIENT_CALL_DURATION, "Duration of outgoing calls."), _CLIENT_ERRORS
    )
