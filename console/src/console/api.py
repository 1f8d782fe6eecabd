"""What Jaeger has no API for: the log records and the metrics of a trace as OTLP's JSON, and how much is held."""

from __future__ import annotations

from dataclasses import asdict, replace

from opentelemetry.proto.metrics.v1 import metrics_pb2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.jaeger import params
from console.jaeger.v3 import json_answer, refuses_bad_parameters
from console.otlp.metrics import StoredMetric, exemplars_of, points_of
from console.otlp.pack import pack
from console.otlp.transcode import protobuf_to_json
from console.receive.signals import LOGS, METRICS
from console.store import LogFilter
from console.stores import Stores


class SignalsApi:
    """``/api/logs``, ``/api/metrics`` and ``/api/usage``."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def routes(self) -> list[Route]:
        """Make the routes; their handlers run in worker threads."""
        return [
            Route("/api/logs", self.logs),
            Route("/api/metrics", self.metrics),
            Route("/api/usage", self.usage),
        ]

    @refuses_bad_parameters
    def logs(self, request: Request) -> Response:
        """Give the log records of the trace that ``traceId`` names, in the order of their times.

        Without it the latest ones, at most ``limit`` (200), of one ``service`` if that is named.
        """
        query = request.query_params
        if "traceId" in query:
            records = self._stores.logs.stored(params.trace_id(query["traceId"]))
        else:
            wanted = LogFilter(service=query.get("service", ""))
            records = self._stores.logs.latest(wanted, limit=params.count("limit", query.get("limit", ""), 200))[::-1]
        return json_answer({LOGS.things: [], **protobuf_to_json(pack(records), LOGS.request)})

    @refuses_bad_parameters
    def metrics(self, request: Request) -> Response:
        """Give the data points that have an exemplar of the trace that ``traceId`` names, in the order of arrival.

        Without it the last export of each metric.
        """
        query = request.query_params
        if "traceId" in query:
            trace_id = params.trace_id(query["traceId"])
            metrics = [_points_with(trace_id, metric) for metric in self._stores.metrics.of_trace(trace_id)]
        else:
            metrics = self._stores.metrics.latest()
        return json_answer({METRICS.things: [], **protobuf_to_json(pack(metrics), METRICS.request)})

    def usage(self, _request: Request) -> Response:
        """Say how much is held, and how much has gone to make room."""
        stores = self._stores
        return json_answer(
            {
                "traces": asdict(stores.traces.usage()),
                "logs": asdict(stores.logs.usage()),
                "metrics": asdict(stores.metrics.usage()),
            }
        )


def _points_with(trace_id: str, stored: StoredMetric) -> StoredMetric:
    """Leave out the data points that have no exemplar of the trace."""
    metric = metrics_pb2.Metric.FromString(stored.wire)
    points = points_of(metric)
    for index in reversed(range(len(points))):
        if all(exemplar.trace_id != trace_id for exemplar in exemplars_of(points[index])):
            del points[index]
    return replace(stored, wire=metric.SerializeToString())
