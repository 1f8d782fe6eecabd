from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from operator import eq

import httpx
import pytest
import yaml

from stack.compose.project import ComposeStack
from stack.e2e.recovery import until_served
from stack.e2e.stacks import Shop
from stack.observability.profile import PERCENT, WATCHED_TENANT
from stack.observability.queries import exemplar_trace_ids, log_lines, series, total
from stack.places import ROOT
from stack.probes.polling import settled, until
from tracetest import Backend, TracedClient, span

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
USER_SERVICE = "shop.user.v1.UserService"
STILL = 8.0  # seconds: the slowest part, the span metrics, passes on what it counts every five
WITHIN = 30.0  # seconds until what was sent can be asked for
ORDERS = 60
ORDER_REQUESTS = (
    'http_server_request_duration_seconds_count{job="gateway", http_request_method="POST", http_route="/v1/orders"}'
)
ORDER_SPANS = 'traces_span_metrics_calls_total{service_name="gateway", span_name="POST /v1/orders"}'
COUNTS = ("orders_created_total", ORDER_REQUESTS, ORDER_SPANS)


async def test_an_order_is_a_trace_with_its_log_lines_and_an_exemplar(watched: Shop, http: httpx.AsyncClient) -> None:
    ordered = await watched.order(await watched.user())

    trace = await ordered.own_trace()

    trace.expect(
        span(
            "gateway",
            "POST /v1/orders",
            span("order", "CreateOrder") >> span("user", "GetUser"),
            attributes={"sampling.policy": "share-of-watched-tenants"},
        )
    )
    await until(
        partial(log_lines, http, f'{{service_name=~".+"}} | trace_id="{trace.trace_id}"'),
        lambda found: {labels["service_name"] for labels, _ in found} == {"gateway", "order", "user"},
        WITHIN,
    )
    await until(
        partial(exemplar_trace_ids, http, 'http_server_request_duration_seconds_bucket{job="gateway"}'),
        lambda found: trace.trace_id in found,
        WITHIN,
    )


async def test_a_share_of_the_traces_is_kept_and_every_order_is_counted(
    client: Callable[..., TracedClient], tenant: str, trace_backend: Backend, http: httpx.AsyncClient
) -> None:
    shop = Shop(client(tenant))
    user = await shop.user()
    before = await settled(partial(counts, http), STILL, WITHIN)

    placed = [await shop.order(user) for _ in range(ORDERS)]

    assert [each.response.status_code for each in placed] == [201] * ORDERS
    for query, value in zip(COUNTS, before, strict=True):
        await until(partial(total, http, query), partial(eq, value + ORDERS), WITHIN)
    await watched_order_arrived(Shop(client(WATCHED_TENANT)))
    kept = [await trace_backend.fetch(each.response.headers["x-trace-id"]) for each in placed]
    whole = [trace for trace in kept if trace is not None]
    assert 0 < len(whole) < ORDERS * 2 * PERCENT / 100  # 15 are expected; 30 are four standard deviations away
    assert {trace.root.attributes["sampling.policy"] for trace in whole} == {"share"}


async def counts(http: httpx.AsyncClient) -> list[float]:
    return [await total(http, query) for query in COUNTS]


async def watched_order_arrived(shop: Shop) -> None:
    """Place an order whose trace is kept, and wait for it: what was sampled before it is in Jaeger too."""
    await (await shop.order(await shop.user())).own_trace()


async def test_every_failed_trace_is_kept(
    client: Callable[..., TracedClient], tenant: str, observed: ComposeStack
) -> None:
    shop = Shop(client(tenant))
    user = await shop.user()
    observed.kill("user")
    try:
        refused = [await shop.order(user) for _ in range(5)]
    finally:
        observed.start("user")
        await until_served(shop)

    traces = await asyncio.gather(*(each.own_trace(absent=[USER_SERVICE]) for each in refused))

    assert [each.response.status_code for each in refused] == [503] * 5
    assert {trace.root.attributes["sampling.policy"] for trace in traces} == {"error"}


async def test_spans_are_measured_by_what_they_are_with_exemplars(watched: Shop, http: httpx.AsyncClient) -> None:
    trace = await (await watched.order(await watched.user())).own_trace()
    calls = 'traces_span_metrics_calls_total{service_name="order", span_name="shop.order.v1.OrderService/CreateOrder"}'

    found = await until(partial(series, http, calls), bool, WITHIN)

    assert {(labels["span_kind"], labels["status_code"]) for labels, _ in found} >= {
        ("SPAN_KIND_SERVER", "STATUS_CODE_UNSET")
    }
    durations = 'traces_span_metrics_duration_milliseconds_bucket{service_name="order", span_kind="SPAN_KIND_SERVER"}'
    exemplars = partial(exemplar_trace_ids, http, durations)
    await until(exemplars, lambda ids: trace.trace_id in ids, WITHIN)


async def test_edges_between_services_and_to_the_database_are_measured(watched: Shop, http: httpx.AsyncClient) -> None:
    await watched.placed()
    calls = 'traces_span_metrics_calls_total{span_kind="SPAN_KIND_CLIENT"}'
    query = f"sum by (service_name, rpc_method, db_system_name) ({calls})"

    await until(
        partial(series, http, query),
        lambda found: (
            {
                ("gateway", "shop.order.v1.OrderService/CreateOrder", ""),
                ("order", "shop.user.v1.UserService/GetUser", ""),
                ("order", "", "postgresql"),
                ("user", "", "postgresql"),
            }
            <= {
                (labels.get("service_name", ""), labels.get("rpc_method", ""), labels.get("db_system_name", ""))
                for labels, _ in found
            }
        ),
        WITHIN,
    )


async def test_the_collector_measures_itself(observed: ComposeStack, http: httpx.AsyncClient) -> None:  # noqa: ARG001
    await until(partial(total, http, "otelcol_receiver_accepted_spans"), lambda found: found > 0, WITHIN)
    await until(partial(total, http, "otelcol_exporter_queue_capacity"), lambda found: found > 0, WITHIN)
    await until(partial(series, http, "otelcol_receiver_refused_spans"), bool, WITHIN)
    await until(partial(series, http, "otelcol_processor_tail_sampling_count_traces_sampled"), bool, WITHIN)


@pytest.mark.parametrize("metric", ["calls", "errors", "latencies"])
async def test_jaegers_monitor_has_its_figures_from_prometheus(
    watched: Shop, observed: ComposeStack, http: httpx.AsyncClient, metric: str
) -> None:
    await watched.placed()
    window = "spanKind=server&ratePer=60000&step=5000&lookback=600000&quantile=0.95&groupByOperation=true"

    async def points() -> list[object]:
        answer = await http.get(f"{observed.jaeger_url}/api/metrics/{metric}?service=gateway&{window}")
        assert answer.is_success, answer.text
        return [
            point
            for found in answer.json()["metrics"]
            if {"name": "operation", "value": "POST /v1/orders"} in found["labels"]
            for point in found["metricPoints"]
        ]

    assert await until(points, bool, WITHIN)


def test_the_profile_idles_below_two_and_a_half_gibibytes(observed: ComposeStack) -> None:
    used = observed.memory()

    assert {"prometheus", "alertmanager", "loki", "collector-observability", "jaeger", "console"} <= used.keys()
    assert "collector" not in used
    if "grafana" not in used:  # it could not be had here: it may use all that it is allowed
        used["grafana"] = float(COMPOSE["grafana"]["mem_limit"].removesuffix("m"))
    assert sum(used.values()) < 2560, used
