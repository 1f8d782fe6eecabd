"""What each dashboard shows: panels, and the queries behind them. A test asks every query of the real thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["s", "ms", "reqps", "percentunit", "short", "bytes", "none"]


@dataclass(frozen=True, slots=True)
class Query:
    """One question.

    Attributes:
        text: In PromQL, or LogQL in a panel of logs; ``$service`` stands for the service that is looked at.
        legend: What a series is called, with its labels in double braces.
        exemplars: Whether the traces behind it are shown as points.
    """

    text: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture.

    Attributes:
        title: Above it.
        queries: What it shows.
        unit: Of its values.
        kind: A graph over time, a number, or lines of logs.
        width: Of 24 columns.
    """

    title: str
    queries: tuple[Query, ...]
    unit: Unit = "short"
    kind: Literal["graph", "number", "logs"] = "graph"
    width: int = 8


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard.

    Attributes:
        uid: Its name in addresses, and its file's.
        title: In the list of dashboards.
        panels: From the upper left to the lower right.
        by_service: Whether somebody chooses a service, which is ``$service``.
    """

    uid: str
    title: str
    panels: tuple[Panel, ...]
    by_service: bool = False


_HTTP = "http_server_request_duration_seconds"
_SERVER = "rpc_server_call_duration_seconds"
_CLIENT = "rpc_client_call_duration_seconds"
_FAILED = 'error_type!=""'
_BY_ROUTE = "{{http_route}}"
_BY_METHOD = "{{rpc_method}}"


def _rate(metric: str, by: str, matching: str = "") -> str:
    return f"sum by ({by}) (rate({metric}_count{{{matching}}}[$__rate_interval]))"


def _share(metric: str, by: str, failed: str, matching: str = "") -> str:
    both = f"{matching}, {failed}" if matching else failed
    asked = _rate(metric, by, matching)
    return f"({_rate(metric, by, both)} or 0 * {asked}) / ({asked} > 0)"


def _percentile(share: float, metric: str, by: str, matching: str = "") -> str:
    buckets = f"sum by ({by}, le) (rate({metric}_bucket{{{matching}}}[$__rate_interval]))"
    return f"histogram_quantile({share}, {buckets})"


SERVICES = Board(
    "services",
    "Services",
    (
        Panel("Requests by route", (Query(_rate(_HTTP, "http_route"), _BY_ROUTE),), "reqps"),
        Panel("Failed requests by route", (Query(_share(_HTTP, "http_route", _FAILED), _BY_ROUTE),), "percentunit"),
        Panel("95 % are faster than", (Query(_percentile(0.95, _HTTP, "http_route"), _BY_ROUTE, exemplars=True),), "s"),
        Panel("Calls by service", (Query(_rate(_SERVER, "job"), "{{job}}"),), "reqps"),
        Panel("Failed calls by service", (Query(_share(_SERVER, "job", _FAILED), "{{job}}"),), "percentunit"),
        Panel("95 % are faster than", (Query(_percentile(0.95, _SERVER, "job"), "{{job}}", exemplars=True),), "s"),
    ),
)

SERVICE = Board(
    "service",
    "One service",
    (
        Panel("Calls", (Query(_rate(_SERVER, "rpc_method", 'job="$service"'), _BY_METHOD),), "reqps"),
        Panel(
            "Answers by status",
            (Query(_rate(_SERVER, "rpc_response_status_code", 'job="$service"'), "{{rpc_response_status_code}}"),),
            "reqps",
        ),
        Panel(
            "Half, 95 % and 99 % are faster than",
            tuple(
                Query(_percentile(share, _SERVER, "job", 'job="$service"'), legend, exemplars=True)
                for share, legend in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
            ),
            "s",
        ),
        Panel(
            "Connections to the database",
            (
                Query(
                    'sum by (db_client_connection_state) (db_client_connection_count{job="$service"})',
                    "{{db_client_connection_state}}",
                ),
                Query('sum(db_client_connection_max{job="$service"})', "allowed"),
            ),
        ),
        Panel(
            "95 % get a connection within",
            (Query(_percentile(0.95, "db_client_connection_wait_time_seconds", "job", 'job="$service"'), "p95"),),
            "s",
        ),
        Panel(
            "Memory",
            (Query('sum by (instance) (process_memory_usage_bytes{job="$service"})', "{{instance}}"),),
            "bytes",
        ),
        Panel("Log", (Query('{service_name="$service"}'),), kind="logs", width=24),
    ),
    by_service=True,
)

_CALLS = "traces_span_metrics_calls_total"
_EDGE = 'span_kind="SPAN_KIND_CLIENT"'
_EDGES = "service_name, rpc_method, db_system_name"
_EDGE_LEGEND = "{{service_name}} → {{rpc_method}}{{db_system_name}}"

EDGES = Board(
    "edges",
    "Who calls whom",
    (
        Panel(
            "Calls by edge",
            (Query(f"sum by ({_EDGES}) (rate({_CALLS}{{{_EDGE}}}[$__rate_interval]))", _EDGE_LEGEND),),
            "reqps",
            width=12,
        ),
        Panel(
            "Failed calls by edge",
            (
                Query(
                    f'sum by ({_EDGES}) (rate({_CALLS}{{{_EDGE}, status_code="STATUS_CODE_ERROR"}}[$__rate_interval]))',
                    _EDGE_LEGEND,
                ),
            ),
            "reqps",
            width=12,
        ),
        Panel(
            "95 % are faster than",
            (
                Query(
                    _percentile(0.95, "traces_span_metrics_duration_milliseconds", _EDGES, _EDGE),
                    _EDGE_LEGEND,
                    exemplars=True,
                ),
            ),
            "ms",
            width=12,
        ),
        Panel(
            "Calls of clients by status",
            (Query(_rate(_CLIENT, "job, rpc_response_status_code"), "{{job}} {{rpc_response_status_code}}"),),
            "reqps",
            width=12,
        ),
    ),
)

BUSINESS = Board(
    "business",
    "Orders",
    (
        Panel("Orders in the last hour", (Query("sum(increase(orders_created_total[1h]))"),), kind="number", width=6),
        Panel(
            "Orders by tenant",
            (Query("sum by (tenant_id) (rate(orders_created_total[$__rate_interval]))", "{{tenant_id}}"),),
            "reqps",
            width=18,
        ),
        Panel(
            "Value of an order, in minor units",
            (
                Query(
                    "sum by (order_currency) (rate(order_value_sum[$__rate_interval]))"
                    " / (sum by (order_currency) (rate(order_value_count[$__rate_interval])) > 0)",
                    "mean, {{order_currency}}",
                ),
                Query(_percentile(0.95, "order_value", "order_currency"), "95 %, {{order_currency}}"),
            ),
            width=24,
        ),
    ),
)

TELEMETRY = Board(
    "telemetry",
    "Telemetry's own health",
    (
        Panel(
            "Spans sent by service",
            (Query("sum by (job) (rate(otel_sdk_exporter_span_exported_total[$__rate_interval]))", "{{job}}"),),
            "reqps",
        ),
        Panel("Spans lost a second", (Query("job:telemetry_spans_lost:rate5m", "{{job}} {{lost_by}}"),), "reqps"),
        Panel(
            "Spans that wait in services",
            (Query("sum by (job) (otel_sdk_processor_span_queue_size)", "{{job}}"),),
        ),
        Panel(
            "Traces decided by policy",
            (
                Query(
                    "sum by (policy, decision)"
                    " (rate(otelcol_processor_tail_sampling_count_traces_sampled[$__rate_interval]))",
                    "{{policy}}: {{decision}}",
                ),
            ),
            "reqps",
        ),
        Panel(
            "The collector's queues",
            (Query("otelcol_exporter_queue_size / otelcol_exporter_queue_capacity", "{{exporter}}"),),
            "percentunit",
        ),
        Panel("Memory of the collector", (Query("otelcol_process_memory_rss", "{{instance}}"),), "bytes"),
    ),
)

BOARDS = (SERVICES, SERVICE, EDGES, BUSINESS, TELEMETRY)
