"""How long requests and calls take, as the conventions measure it. Where metrics are off, none of this is made.

Attribute sets are made once for each combination and bounded in number: what a stranger makes up, such as a path that
is no route or a method that nobody knows, is one label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from time import perf_counter
from typing import TYPE_CHECKING

from grpc import StatusCode
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation
from opentelemetry.semconv._incubating.metrics.http_metrics import HTTP_SERVER_ACTIVE_REQUESTS
from opentelemetry.semconv._incubating.metrics.rpc_metrics import RPC_CLIENT_CALL_DURATION, RPC_SERVER_CALL_DURATION
from opentelemetry.semconv.metrics.http_metrics import HTTP_SERVER_REQUEST_DURATION
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.errors import CLASS_OF_CODE, HANDLING, ErrorClass
from telemetry.grpc.status import SERVER_ERRORS
from telemetry.histogram import Series

if TYPE_CHECKING:
    from telemetry.grpc.methods import Method

OTHER = "_OTHER"  # the conventions' word for what is not told apart

# https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ and …/rpc/rpc-metrics/: seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

_MOST_COMBINATIONS = 1000
_SCHEMES = frozenset({"http", "https"})
_STATUSES = range(100, 600)
_SERVER_ERROR = 500
_CLIENT_ERRORS = frozenset(StatusCode) - {StatusCode.OK}

_Attributes = dict[str, AttributeValue]


class HttpServerMetrics:
    """``http.server.request.duration`` and ``http.server.active_requests``."""

    def __init__(self, meter: Meter) -> None:
        self._duration = _seconds(meter, HTTP_SERVER_REQUEST_DURATION, "Duration of HTTP server requests.")
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
        """Begin to measure a request.

        Args:
            method: One that is known, or OTHER.
            scheme: Such as "https".
            version: Of HTTP, such as "1.1".
            context: With the request's span, for the exemplar.
        """
        timer = RequestTimer(self, (method, scheme if scheme in _SCHEMES else OTHER), version, context)
        self._seen.add(timer.kind)
        self._open.add(timer)
        return timer

    def end(self, timer: RequestTimer, status: int | None, route: str | None, error_type: str | None) -> None:
        """Record a request; without effect when it has been recorded."""
        if timer not in self._open:
            return
        self._open.discard(timer)
        key = (*timer.kind, timer.version, status, route, error_type)
        series = self._known.get(key)
        if series is None:
            series = Series(self._duration, _request_attributes(timer, status, route, error_type))
            if len(self._known) < _MOST_COMBINATIONS:
                self._known[key] = series
        series.record(perf_counter() - timer.started, timer.context)

    def after_fork(self) -> None:
        """Leave the parent its requests; called in a forked child."""
        self._open.clear()
        self._seen.clear()

    def _count_open(self, _options: CallbackOptions) -> Iterable[Observation]:
        counts = Counter(timer.kind for timer in list(self._open))
        for kind in list(self._seen):
            method, scheme = kind
            yield Observation(counts[kind], {semconv.HTTP_REQUEST_METHOD: method, semconv.URL_SCHEME: scheme})


class RequestTimer:
    """One request that is measured.

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
        """Record it with its status, its route (None: none matched) and what went wrong; once is enough."""
        self._metrics.end(self, status, route, error_type)


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
            method: What was called.
            code: How it ended; None when it never began.
            seconds: How long it took.
            context: With the call's span, for the exemplar.
            error_type: What kept it from beginning.
        """
        key = (method.name, code, error_type)
        series = self._known.get(key)
        if series is None:
            if len(self._known) >= _MOST_COMBINATIONS:
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
    """Make the metrics of calls that are served."""
    return CallMetrics(_seconds(meter, RPC_SERVER_CALL_DURATION, "Duration of incoming calls."), SERVER_ERRORS)


def client_call_metrics(meter: Meter) -> CallMetrics:
    """Make the metrics of calls that are made over one channel."""
    return CallMetrics(_seconds(meter, RPC_CLIENT_CALL_DURATION, "Duration of outgoing calls."), _CLIENT_ERRORS)


def _seconds(meter: Meter, name: str, description: str) -> Histogram:
    return meter.create_histogram(
        name, unit="s", description=description, explicit_bucket_boundaries_advisory=list(BUCKETS)
    )


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
        attributes[semconv.ERROR_CLASS] = _class_of(status).value
    return attributes


def _class_of(status: int | None) -> ErrorClass:
    """Give the class of a request that failed: the client left, or the server's error by its status."""
    if status is None or status < _SERVER_ERROR:
        return ErrorClass.CANCELLED
    if status == _SERVER_ERROR:
        return ErrorClass.INTERNAL
    return next((kind for kind, handling in HANDLING.items() if handling.http_status == status), ErrorClass.INTERNAL)
