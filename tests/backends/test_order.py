"""What can be said of an order, on each backend: in memory, on the console, and on both APIs of Jaeger.

The verdicts are the same, and so are the messages of those that fail, but for ids and durations.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest
from dirty_equals import IsInt, IsStr

from chassis.flush import BARRIER_PATH
from stack.e2e.stacks import Edge, Shop
from stack.in_process import InProcessStack
from stack.jaeger.programs import Jaeger as JaegerProgram
from stack.local import LocalStack
from stack.trace_stores import ConsoleProgram, TraceStore
from tracetest import (
    Backend,
    Jaeger,
    Memory,
    Target,
    Trace,
    TracedClient,
    after,
    before,
    descendant,
    every,
    exactly,
    faster_than,
    http_barrier,
    log,
    max_spans,
    metric,
    no,
    no_orphans,
    parallel,
    root_cause,
    same_tenant,
    span,
    unordered,
)
from tracetest.documents.results import save
from tracetest.expectations.drawing import draw
from tracetest.golden.signature import Signature

Verdict = Callable[[Trace, Any], str]

NAMES = ("memory", "console", "jaeger", "jaeger-legacy")
NOBODY = "00000000-0000-4000-8000-000000000000"
TENANT = "tenant-of-backends"

ROUTE = span("gateway", "POST /v1/orders", kind="SERVER")
CREATE = span("order", "CreateOrder", kind="SERVER")
GET_USER = span("user", "GetUser", kind="SERVER")
SELECT = span("user", "SELECT users", kind="CLIENT", attributes={"db.system.name": "sqlite"})
INSERT = span("order", "INSERT orders", kind="CLIENT")
LATENCY = "http.server.request.duration"

# Of the order that is placed.
TRUE: dict[str, Any] = {
    "a span": ROUTE,
    "a path": ROUTE > CREATE > GET_USER > SELECT,
    "a descendant": ROUTE >> SELECT,
    "attributes": span(
        "gateway", re.compile("POST .*"), attributes={"http.response.status_code": IsInt(ge=200, lt=300)}
    ),
    "no attribute": span("order", "CreateOrder", attributes={"error.type": None}),
    "all of it": exactly(
        span(
            "gateway",
            "POST /v1/orders",
            span(
                "gateway",
                "CreateOrder",
                span("order", "CreateOrder", span("order", "GetUser", span("user", "GetUser", SELECT)), INSERT),
            ),
        )
    ),
    "a part of it": span("user", "GetUser", exactly(SELECT), kind="SERVER"),
    "any order": span("order", IsStr(), unordered(INSERT, span("order", "GetUser")), kind="SERVER"),
    "numbers": SELECT.times(1),
    "nothing of it": no(span("audit", IsStr())),
    "before": before(SELECT, INSERT),
    "after": after(INSERT, GET_USER),
    "every": every({"tenant.id": TENANT}),
    "one tenant": same_tenant(TENANT),
    "orphans": no_orphans(),
    "few spans": max_spans(7),
    "fast": faster_than(60_000),
    "logged": log("gateway", severity="INFO"),
    "measured": metric(LATENCY, service="gateway", attributes={"http.route": "/v1/orders"}),
}
FALSE: dict[str, Any] = {
    "name": span("gateway", "POST /v1/order"),
    "service": span("gateway", "SELECT users"),
    "kind": span("gateway", "POST /v1/orders", kind="CLIENT"),
    "status": span("gateway", "POST /v1/orders", status="ERROR"),
    "attribute": span("user", "SELECT users", attributes={"db.system.name": "mysql"}),
    "event": span("user", "SELECT users", events=["retry"]),
    "child": GET_USER > INSERT,
    "descendant": span("user", "GetUser", descendant(INSERT)),
    "order": span("order", "CreateOrder", INSERT, span("order", "GetUser"), kind="SERVER"),
    "parallel": span("order", "CreateOrder", parallel(span("order", "GetUser"), INSERT), kind="SERVER"),
    "closed": exactly(ROUTE),
    "too often": span("user", re.compile(".*")).times(at_most=1),
    "too seldom": SELECT.times(2),
    "unwanted": no(SELECT),
    "before": before(INSERT, SELECT),
    "every": every({"tenant.id": "evil"}),
    "tenant": same_tenant("evil"),
    "cause": root_cause(SELECT),
    "spans": max_spans(6),
    "log": log("gateway", "nobody says this").times(1),
    "metric": metric("nobody.measures.this"),
}
# Of the order for somebody who does not exist.
REFUSED: dict[str, Any] = {
    "a code": span("order", "CreateOrder", kind="SERVER", attributes={"rpc.response.status_code": "NOT_FOUND"}),
    "the caller's error": span("gateway", "CreateOrder", kind="CLIENT", status="ERROR"),
    "the cause": root_cause(GET_USER),
    "no row": no(INSERT),
}


@dataclass(frozen=True)
class Seen:
    """The traces of the same requests on one backend."""

    placed: Trace
    refused: Trace


@pytest.fixture(scope="module")
def memory_backend() -> Memory:
    return Memory()


@pytest.fixture(scope="module")
def stack_in_memory(memory_backend: Memory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessStack]:
    with InProcessStack(tmp_path_factory.mktemp("in-process"), memory_backend) as running:
        yield running


@pytest.fixture(scope="module")
def stack_on_console(console_program: ConsoleProgram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    url = console_program.otlp_url
    folder = tmp_path_factory.mktemp("on-console")
    with LocalStack(folder, otlp_url=url, signals_url=url, test_profile=True) as running:
        yield running


@pytest.fixture
def places(
    memory_backend: Memory,
    stack_in_memory: InProcessStack,
    stack_on_console: LocalStack,
    request: pytest.FixtureRequest,
) -> dict[str, tuple[Any, Backend]]:
    """Give each backend with the stack whose traces it has."""
    local: LocalStack = request.getfixturevalue("local")
    console_program: ConsoleProgram = request.getfixturevalue("console_program")
    jaeger: JaegerProgram = request.getfixturevalue("jaeger_program")
    console = console_program.query_url
    return {
        "memory": (stack_in_memory, memory_backend),
        "console": (stack_on_console, Jaeger(console, signals_url=console)),
        "jaeger": (local, Jaeger(jaeger.query_url, signals_url=console)),
        "jaeger-legacy": (local, Jaeger(jaeger.query_url, api="legacy", signals_url=console)),
    }


@pytest.fixture
async def seen(places: dict[str, tuple[Any, Backend]]) -> AsyncIterator[dict[str, Seen]]:
    """Give the traces of an order, and of one that is refused, from each backend."""
    async with AsyncExitStack() as clients:
        yield {name: await send(*place, clients) for name, place in places.items()}


async def send(edge: Edge, backend: Backend, clients: AsyncExitStack) -> Seen:
    target = Target(
        base_url=edge.gateway_url, headers_of=lambda of: {"Authorization": f"Bearer {edge.token(of, 'trace')}"}
    )
    http = await clients.enter_async_context(target.client())
    barrier = None if isinstance(backend, Memory) else http_barrier(f"{edge.gateway_url}{BARRIER_PATH}")
    client = TracedClient(http, backend, headers_of=target.headers_of, barrier=barrier, test="backends")
    http.headers.update(client.headers(TENANT))
    shop = Shop(client)
    placed = await shop.order(await shop.user())
    placed.answer(201)
    refused = await shop.order(NOBODY)
    refused.answer(404)
    return Seen(await placed.trace(), await refused.trace())


async def test_what_is_true_is_true_on_each_backend(seen: dict[str, Seen], verdict: Verdict) -> None:
    for name, expectation in TRUE.items():
        assert {at: verdict(of.placed, expectation) for at, of in seen.items()} == dict.fromkeys(NAMES, ""), name
    for name, expectation in REFUSED.items():
        assert {at: verdict(of.refused, expectation) for at, of in seen.items()} == dict.fromkeys(NAMES, ""), name


async def test_what_is_false_is_false_on_each_backend_and_told_in_the_same_words(
    seen: dict[str, Seen], verdict: Verdict
) -> None:
    for name, expectation in FALSE.items():
        told = {at: verdict(of.placed, expectation) for at, of in seen.items()}
        if name not in ("log", "metric"):  # what is shown beside those has times in it
            assert len(set(told.values())) == 1, (name, told)
        assert all(told.values()), (name, told)


async def test_a_trace_has_the_same_signature_on_each_backend(seen: dict[str, Seen]) -> None:
    for of in ("placed", "refused"):
        signatures = {name: Signature.of(getattr(each, of)).text for name, each in seen.items()}
        assert len(set(signatures.values())) == 1, signatures


async def test_spans_have_the_same_attributes_on_each_backend(seen: dict[str, Seen]) -> None:
    def attributes(trace: Trace) -> list[dict[str, type]]:
        ordered = sorted(trace, key=lambda span: (len(list(_above(trace, span))), span.service, span.name, span.kind))
        return [{key: type(value) for key, value in sorted(span.attributes.items())} for span in ordered]

    kinds = {name: attributes(each.placed) for name, each in seen.items()}

    assert all(kind == kinds["memory"] for kind in kinds.values()), kinds


def _above(trace: Trace, of: Any) -> Iterator[Any]:
    while (parent := trace.parent(of)) is not None:
        yield parent
        of = parent


@pytest.mark.parametrize("name", ["console", "jaeger"])
async def test_a_saved_trace_can_be_loaded_again(
    name: str,
    places: dict[str, tuple[Any, Backend]],
    seen: dict[str, Seen],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    trace = replace(seen["memory"].placed, trace_id=token_hex(16))
    store: TraceStore = request.getfixturevalue(f"{name}_program")
    saved = save(trace, tmp_path, request.node.nodeid)

    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{store.otlp_url}/v1/traces", content=saved.read_bytes(), headers={"Content-Type": "application/json"}
        )

    assert answer.is_success, answer.text
    loaded = await places[name][1].whole(trace.trace_id, trace.caller)
    assert list(draw(loaded)) == list(draw(trace))
    assert [span.attributes for span in loaded] == [span.attributes for span in trace]
