"""The duration and number of active HTTP requests, as the conventions define them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from time import perf_counter

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.semconv._incubating.metrics.http_metrics import HTTP_SERVER_ACTIVE_REQUESTS
from opentelemetry.semconv.metrics.http_metrics import HTTP_SERVER_REQUEST_DURATION
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.errors import HANDLING, ErrorClass
from telemetry.metrics.instruments import MAX_ATTRIBUTE_SETS, OTHER, duration_histogram
from telemetry.metrics.series import Series

_Attributes = dict[str, AttributeValue]


_SCHEMES = frozenset({"http", "https"})


_STATUSES = range(100, 600)


_SERVER_ERROR = 500
CANCELLED = "cancelled"  # the error type of a disconnect, and of a request that the server cuts off


class HttpServerMetrics:
    """``http.server.request.duration`` and ``http.server.active_requests``."""

    def __init__(self, meter: Meter) -> None:
        self._duration = duration_histogram(meter, HTTP_SERVER_REQUEST_DURATION, "Duration of HTTP server requests.")
        self._open: set[RequestTimer] = set()
        self._seen: set[tuple[str, str]] = set()
        self._known: dict[tuple[object, ...], Series] = {}
        meter.create_observable_up_down_counter(
            HTTP_SERVER_ACTIVE_REQUESTS,
            [self._count_open],
            unit="{request}",
            description="Number of active HTTP server requests.",
        )

    def begin(self, method: str, scheme: str, version: str, context: Context) -> RequestTimer:
        """Start to measure a request.

        Args:
            method: A known method, or OTHER.
            scheme: Such as "https".
            version: Of HTTP, such as "1.1".
            context: With the request's span, for the exemplar.
        """
        timer = RequestTimer(self, (method, scheme if scheme in _SCHEMES else OTHER), version, context)
        self._seen.add(timer.kind)
        self._open.add(timer)
        return timer

    def end(self, timer: RequestTimer, status: int | None, route: str | None, error_type: str | None) -> None:
        """Record a request; a second call has no effect."""
        if timer not in self._open:
            return
        self._open.discard(timer)
        key = (*timer.kind, timer.version, status, route, error_type)
        series = self._known.get(key)
        if series is None:
            series = Series(self._duration, _request_attributes(timer, status, route, error_type))
            if len(self._known) < MAX_ATTRIBUTE_SETS:
                self._known[key] = series
        series.record(perf_counter() - timer.started, timer.context)

    def after_fork(self) -> None:
        """Drop the parent's requests; called in a forked child."""
        self._open.clear()
        self._seen.clear()

    def _count_open(self, _options: CallbackOptions) -> Iterable[Observation]:
        counts = Counter(timer.kind for timer in list(self._open))
        for kind in list(self._seen):
            method, scheme = kind
            yield Observation(counts[kind], {semconv.HTTP_REQUEST_METHOD: method, semconv.URL_SCHEME: scheme})


class RequestTimer:
    """One measured request.

    Attributes:
        kind: Its method and scheme.
        version: Of the protocol.
        context: With its span.
        started: By `perf_counter`.
    """

    __slots__ = ("_metrics", "context", "kind", "started", "version")

    def __init__(self, metrics: HttpServerMetrics, kind: tuple[str, str], version: str, context: Context) -> None:
        self._metrics = metrics
        self.kind = kind
        self.version = version
        self.context = context
        self.started = perf_counter()

    def end(self, status: int | None, route: str | None, error_type: str | None) -> None:
        """Record it with its status, its route (None: none matched) and its error; only the first call counts."""
        self._metrics.end(self, status, route, error_type)


def _request_attributes(
    timer: RequestTimer, status: int | None, route: str | None, error_type: str | None
) -> _Attributes:
    method, scheme = timer.kind
    attributes: _Attributes = {
        semconv.HTTP_REQUEST_METHOD: method,
        semconv.URL_SCHEME: scheme,
        semconv.NETWORK_PROTOCOL_VERSION: timer.version,
    }
    if status in _STATUSES:
        attributes[semconv.HTTP_RESPONSE_STATUS_CODE] = status
    if route is not None:
        attributes[semconv.HTTP_ROUTE] = route
    if error_type is not None:
        attributes[semconv.ERROR_TYPE] = error_type
        attributes[semconv.ERROR_CLASS] = _class_of(status, error_type).value
    return attributes


def _class_of(status: int | None, error_type: str) -> ErrorClass:
    """Return the class of a failed request: a disconnect, or the server's error by its status."""
    if error_type == CANCELLED:
        return ErrorClass.CANCELLED
    if status == _SERVER_ERROR:
        return ErrorClass.INTERNAL
    return next((kind for kind, handling in HANDLING.items() if handling.http_status == status), ErrorClass.INTERNAL)
