"""The duration of WebSocket connections: the conventions have no metric for it, so this name follows their pattern."""

from __future__ import annotations

from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.metrics import Meter
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.metrics.instruments import OTHER
from telemetry.metrics.series import Series

DURATION = "websocket.server.connection.duration"

# Seconds, as the conventions' are; from a refused handshake to a day.
BUCKETS = (0.01, 0.1, 1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 86_400.0)

_MOST_COMBINATIONS = 1000
_SCHEMES = frozenset({"ws", "wss"})
_CLOSE_CODES = range(1000, 1016)  # RFC 6455, 7.4: applications and clients choose the others


@dataclass(frozen=True, slots=True)
class Ended:
    """How a connection ended.

    Attributes:
        scheme: "ws" or "wss".
        route: None: none matched.
        status: Of the handshake's response; None: there was none.
        close_code: None: it was never open.
        error_type: The error, or None.
    """

    scheme: str
    route: str | None
    status: int | None
    close_code: int | None
    error_type: str | None

    def attributes(self) -> dict[str, AttributeValue]:
        """Return the attributes."""
        code = self.close_code
        found = {
            semconv.URL_SCHEME: self.scheme if self.scheme in _SCHEMES else OTHER,
            semconv.HTTP_ROUTE: self.route,
            semconv.HTTP_RESPONSE_STATUS_CODE: self.status,
            semconv.WEBSOCKET_CLOSE_CODE: None if code is None else str(code) if code in _CLOSE_CODES else OTHER,
            semconv.ERROR_TYPE: self.error_type,
        }
        return {name: value for name, value in found.items() if value is not None}


class ConnectionMetrics:
    """``websocket.server.connection.duration``: from the handshake to the close, or to its refusal."""

    def __init__(self, meter: Meter) -> None:
        self._duration = meter.create_histogram(
            DURATION,
            unit="s",
            description="Duration of WebSocket connections.",
            explicit_bucket_boundaries_advisory=list(BUCKETS),
        )
        self._known: dict[tuple[tuple[str, AttributeValue], ...], Series] = {}

    def record(self, ended: Ended, seconds: float, context: Context) -> None:
        """Record a connection; the context's span can become an exemplar."""
        labels = ended.attributes()
        key = tuple(labels.items())  # not `ended`, whose code can be any that a client sends
        series = self._known.get(key)
        if series is None:
            series = Series(self._duration, labels)
            if len(self._known) < _MOST_COMBINATIONS:
                self._known[key] = series
        series.record(seconds, context)
