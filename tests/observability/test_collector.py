"""What the collector does to what any service sends, also one that is not ours."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from uuid import uuid4

import httpx
import pytest
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, format_trace_id

from stack.compose.project import ComposeStack
from stack.observability.profile import COLLECTOR, WATCHED_TENANT
from stack.observability.queries import log_lines, series
from stack.probes.polling import until
from tracetest import Backend, Trace

WITHIN = 30.0  # seconds until what was sent can be asked for
SECRETS = {
    "card": "4111 1111 1111 1111",
    "card in one piece": "5500005555555559",
    "American Express": "3782 822463 10005",
    "e-mail": "ada.lovelace+orders@mail.example.com",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "bearer": "Bearer abcdefghijklmnop",
}
HARMLESS = {"order": "order-4711", "id": "0199b6f7-3a51-7c1e-9d53-1f6a4b0c2d3e", "amount": "1999", "at": "12:30"}
KEYS = ("authorization", "http.request.header.cookie", "db.password", "api_key", "session.token")
PROBES = (
    ("rpc.method", "grpc.health.v1.Health/Check"),
    ("rpc.method", "grpc.health.v1.Health/Watch"),
    ("url.path", "/livez"),
    ("url.path", "/readyz"),
)

Tracers = Callable[..., Tracer]


def sent(  # noqa: PLR0913  a span has many fields
    tracer: Tracer,
    name: str,
    attributes: dict[str, str],
    *,
    seconds: float = 0.01,
    status: Status | None = None,
    event: dict[str, str] | None = None,
) -> str:
    """Send a trace of one span; give its id."""
    end = time.time_ns()
    span = tracer.start_span(name, kind=SpanKind.SERVER, start_time=end - int(seconds * 1e9), attributes=attributes)
    if event is not None:
        span.add_event("said", event)
    if status is not None:
        span.set_status(status)
    span.end(end)
    return format_trace_id(span.get_span_context().trace_id)


async def arrived(backend: Backend, trace_id: str) -> Trace:
    trace = await until(partial(backend.fetch, trace_id), lambda found: found is not None, WITHIN)
    assert trace is not None
    return trace


@pytest.mark.usefixtures("observed")
async def test_no_secret_of_a_span_reaches_jaeger(
    tracer: Tracers, trace_backend: Backend, http: httpx.AsyncClient, observed: ComposeStack
) -> None:
    said = {name.replace(" ", "."): f"said {value} here" for name, value in SECRETS.items()}
    failed = Status(StatusCode.ERROR, " and ".join(value for name, value in SECRETS.items()))
    by_key = dict.fromkeys(KEYS, "open sesame")
    tracer_ = tracer("shop", **{"of.resource": SECRETS["e-mail"]})
    trace_id = sent(tracer_, "POST /v1/orders", {**said, **by_key, **HARMLESS}, status=failed, event=said)

    await arrived(trace_backend, trace_id)

    held = (await http.get(f"{observed.jaeger_url}/api/traces/{trace_id}")).text
    assert [name for name, value in SECRETS.items() if value in held] == []
    assert "open sesame" not in held
    assert [value for value in HARMLESS.values() if value not in held] == []


@pytest.mark.usefixtures("observed")
async def test_no_secret_of_a_log_record_reaches_loki(http: httpx.AsyncClient) -> None:
    mark = uuid4().hex
    bodies: list[object] = [
        {"stringValue": f"{mark} says {' and '.join(SECRETS.values())} about {HARMLESS['order']}"},
        {"kvlistValue": {"values": [attribute("said", f"{mark} {secret}") for secret in SECRETS.values()]}},
    ]
    attributes = [attribute(f"of.{number}", secret) for number, secret in enumerate(SECRETS.values())]
    attributes += [attribute(key, "open sesame") for key in KEYS]
    records = [{"timeUnixNano": str(time.time_ns()), "body": body, "attributes": attributes} for body in bodies]
    resource = {"attributes": [attribute("service.name", "shop")]}
    request = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}

    assert (await http.post(f"{COLLECTOR}/v1/logs", json=request)).status_code == 200

    ask = partial(log_lines, http, f'{{service_name="shop"}} |= "{mark}"')
    held = json.dumps(await until(ask, lambda found: len(found) == len(bodies), WITHIN))
    assert [name for name, value in SECRETS.items() if value in held] == []
    assert "open sesame" not in held
    assert HARMLESS["order"] in held


def attribute(key: str, value: str) -> dict[str, object]:
    return {"key": key, "value": {"stringValue": value}}


@pytest.mark.usefixtures("observed")
async def test_health_checks_are_neither_kept_nor_counted(
    tracer: Tracers, trace_backend: Backend, http: httpx.AsyncClient
) -> None:
    service = f"probed-{uuid4().hex[:8]}"
    probed, kept = tracer(service), {"tenant.id": WATCHED_TENANT}
    probes = [sent(probed, "probe", {**kept, name: value}) for name, value in PROBES]
    request = sent(probed, "request", {**kept, "url.path": "/v1/orders"})

    await arrived(trace_backend, request)

    assert [await trace_backend.fetch(each) for each in probes] == [None] * len(probes)
    calls = partial(series, http, f'traces_span_metrics_calls_total{{service_name="{service}"}}')
    assert {labels["span_name"] for labels, _ in await until(calls, bool, WITHIN)} == {"request"}


@pytest.mark.parametrize(
    ("route", "seconds", "policy"), [("/v1/orders", 0.6, "slow-order"), ("/v1/users/{user_id}", 0.3, "slow")]
)
@pytest.mark.usefixtures("observed")
async def test_every_trace_that_is_slower_than_the_limit_of_its_route_is_kept_and_says_why(
    tracer: Tracers, trace_backend: Backend, route: str, seconds: float, policy: str
) -> None:
    slow = all_sent(tracer("shop"), route, seconds)

    traces = [await arrived(trace_backend, each) for each in slow]

    assert {trace.root.attributes["sampling.policy"] for trace in traces} == {policy}


@pytest.mark.parametrize(("route", "seconds"), [("/v1/orders", 0.4), ("/v1/users/{user_id}", 0.2), ("/other", 9.0)])
@pytest.mark.usefixtures("observed")
async def test_of_those_that_are_faster_or_have_no_limit_a_share_is_kept(
    tracer: Tracers, trace_backend: Backend, route: str, seconds: float
) -> None:
    shop = tracer("shop")
    quick = all_sent(shop, route, seconds)

    await arrived(trace_backend, sent(shop, "mark", {"tenant.id": WATCHED_TENANT}))

    kept = [trace for each in quick if (trace := await trace_backend.fetch(each)) is not None]
    assert len(kept) < len(quick)  # all 40 by chance: once in 10^24 runs
    assert {trace.root.attributes["sampling.policy"] for trace in kept} <= {"share"}


def all_sent(tracer: Tracer, route: str, seconds: float, number: int = 40) -> Sequence[str]:
    names = {"http.route": route, "tenant.id": "somebody"}
    return [sent(tracer, f"POST {route}", names, seconds=seconds) for _ in range(number)]
