"""Every word of the kit, said of a trace that OpenTelemetry's own SDK has made, on each backend."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dirty_equals import IsFloat, IsInt, IsOneOf, IsStr
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link as OtelLink
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)
from opentelemetry.trace import Span as OtelSpan

import tracetest as kit
from stack.jaeger.programs import Jaeger as JaegerProgram
from stack.trace_stores import ConsoleProgram
from tracetest import (
    Backend,
    Event,
    Jaeger,
    Link,
    Memory,
    Trace,
    TraceContext,
    after,
    before,
    descendant,
    every,
    exactly,
    exception,
    faster_than,
    max_spans,
    no,
    no_orphans,
    parallel,
    root_cause,
    same_tenant,
    span,
    unordered,
)

Verdict = Callable[[Trace, Any], str]

METHOD = "shop.cart.v1.CartService/GetCart"
LINKED = TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
MILLISECOND = 1_000_000  # nanoseconds

SERVED = span("gateway", "GET /cart", kind="SERVER")
CART = span("cart", "GetCart", kind="SERVER")
SELECT = span("cart", "SELECT items", kind="CLIENT")
PRICES, STOCK = span("cart", "read prices"), span("cart", "read stock")

TRUE: dict[str, Any] = {
    "a span": span("gateway", "GET /cart", kind="SERVER", status="ERROR"),
    "a path": SERVED > span("gateway", "GetCart", kind="CLIENT") > CART > SELECT,
    "a path without the client's side": SERVED > CART,
    "a descendant": SERVED >> STOCK,
    "a descendant among children": span("gateway", "GET /cart", descendant(SELECT)),
    "texts": span(IsStr(regex="gate.*"), re.compile("GET .*")),
    "values": span(
        "cart",
        "GetCart",
        attributes={
            "cart.items": IsInt(gt=2),
            "cart.total": IsFloat(gt=59.0, lt=60.0),
            "cart.paid": False,
            "cart.sizes": [1, 2],
            "cart.country": IsOneOf("DE", "AT"),
            "cart.note": re.compile("fr.gile"),
            "cart.owner": None,
        },
        kind="SERVER",
    ),
    "events": span("cart", "GetCart", events=["retry", exception("KeyError", message=IsStr(regex="sku.*"))]),
    "an event's values": span("cart", "GetCart", events=[Event("retry", {"attempt": IsInt(gt=1)})]),
    "links": span("cart", "GetCart", links=[Link(LINKED.trace_id, LINKED.span_id)]),
    "a link to anybody": span("cart", "GetCart", links=[Link(IsStr(), IsStr())]),
    "kinds": span("cart", "carts.read", kind="PRODUCER"),
    "a status": span("cart", "carts.read", status="OK"),
    "times": SELECT.times(3) < CART,
    "bounds": SELECT.times(at_least=1, at_most=3),
    "none": no(span("cart", "DELETE items")),
    "none below": no(SERVED) < CART,
    "at most": no(SELECT.times(at_least=4)),
    "parallel": parallel(STOCK, PRICES) < CART,
    "unordered": span("cart", "GetCart", unordered(span("cart", "carts.read"), SELECT.times(3)), kind="SERVER"),
    "a part of it": span(
        "cart",
        "GetCart",
        exactly(SELECT.times(3), PRICES, STOCK, span("cart", "carts.read", status="OK")),
        kind="SERVER",
        events=["retry", exception("KeyError")],
        links=[Link(IsStr(), IsStr())],
    ),
    "a slower span": CART.faster_than(60_000),
    "a slower trace": faster_than(60_000),
    "order": before(SELECT, PRICES),
    "order, the other way": after(span("cart", "carts.read"), STOCK),
    "every": every({"tenant.id": IsStr(min_length=1)}),
    "a tenant": same_tenant(),
    "the tenant": same_tenant("acme"),
    "orphans": no_orphans(),
    "a number": max_spans(9),
    "a cause": root_cause(span("cart", "GetCart", status="ERROR", attributes={"error.type": "KeyError"})),
}
FALSE: dict[str, Any] = {
    "name": span("gateway", "GET /carts"),
    "service": span("cart", "GET /cart"),
    "kind": span("cart", "carts.read", kind="CONSUMER"),
    "status": span("cart", "carts.read", status="ERROR"),
    "regex": span("gateway", re.compile("GET")),
    "integer": span("cart", "GetCart", attributes={"cart.items": IsInt(gt=3)}),
    "float": span("cart", "GetCart", attributes={"cart.total": 60.0}, kind="SERVER"),
    "boolean": span("cart", "GetCart", attributes={"cart.paid": 0}, kind="SERVER"),
    "sequence": span("cart", "GetCart", attributes={"cart.sizes": [2, 1]}, kind="SERVER"),
    "absence": span("cart", "GetCart", attributes={"cart.note": None}, kind="SERVER"),
    "event": span("cart", "GetCart", events=[exception("ValueError")], kind="SERVER"),
    "order of events": span("cart", "GetCart", events=[exception("KeyError"), "retry"], kind="SERVER"),
    "link": span("cart", "GetCart", links=[Link("ff", "ff")], kind="SERVER"),
    "child": SERVED > SELECT,
    "descendant": CART >> SERVED,
    "times": SELECT.times(2) < CART,
    "too seldom": SELECT.times(4) < CART,
    "none": no(SELECT),
    "parallel": parallel(PRICES, span("cart", "carts.read")) < CART,
    "unordered": unordered(PRICES, span("cart", "read news")) < CART,
    "closed": span("cart", "GetCart", exactly(SELECT.times(3), PRICES, STOCK), kind="SERVER"),
    "closed, of all": exactly(SERVED),
    "order": before(PRICES, SELECT),
    "order, the other way": after(STOCK, span("cart", "carts.read")),
    "every": every({"cart.items": 3}),
    "tenant": same_tenant("evil"),
    "number": max_spans(8),
    "a slow span": CART.faster_than(0.001),
    "a slow trace": faster_than(0.001),
    "cause": root_cause(SERVED),
}

BACKENDS = ("memory", "console", "jaeger", "jaeger-legacy")


class Services:
    """Gateway and cart, whose spans go to one backend. A clock of their own gives the same order everywhere."""

    def __init__(self, processor: SpanProcessor) -> None:
        self._tracers = {name: _tracer(name, processor) for name in ("gateway", "cart")}
        self._now = time.time_ns() - 1_000 * MILLISECOND

    @contextmanager
    def span(self, service: str, name: str, parent: OtelSpan, *, alone: bool = True, **fields: Any) -> Iterator[Span]:
        """Leave a span; what is not alone goes on until its caller has ended it."""
        attributes = {"tenant.id": "acme", **fields.pop("attributes", {})}
        made = self._tracers[service].start_span(
            name, set_span_in_context(parent), attributes=attributes, start_time=self.tick(), **fields
        )
        assert isinstance(made, Span)
        yield made
        if alone:
            made.end(self.tick())

    def tick(self) -> int:
        """Let a millisecond go by."""
        self._now += MILLISECOND
        return self._now


def _tracer(service: str, processor: SpanProcessor) -> Tracer:
    provider = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider.get_tracer("words")


def caller(sent: TraceContext) -> NonRecordingSpan:
    """Give the test's own span, as a service sees it."""
    return NonRecordingSpan(SpanContext(int(sent.trace_id, 16), int(sent.span_id, 16), True, TraceFlags(1)))  # noqa: FBT003


def serve(services: Services, sent: TraceContext) -> None:
    """Answer ``GET /cart``, in nine spans and with an error."""
    rpc = {"rpc.method": METHOD}
    values = {"cart.items": 3, "cart.total": 59.5, "cart.paid": False, "cart.sizes": [1, 2], "cart.country": "DE"}
    failed = {"error.type": "KeyError", "cart.note": "fragile"}
    link = OtelLink(caller(LINKED).get_span_context())
    with services.span("gateway", "GET /cart", caller(sent), kind=SpanKind.SERVER) as served:
        served.set_status(StatusCode.ERROR, "no such item")
        with (
            services.span("gateway", METHOD, served, kind=SpanKind.CLIENT, attributes=rpc) as call,
            services.span(
                "cart", METHOD, call, kind=SpanKind.SERVER, attributes=rpc | values | failed, links=[link]
            ) as cart,
        ):
            cart.set_status(StatusCode.ERROR)
            cart.add_event("retry", {"attempt": 2}, services.tick())
            error = {"exception.type": "KeyError", "exception.message": "sku-7"}
            cart.add_event("exception", error, services.tick())
            for _ in range(3):
                with services.span("cart", "SELECT items", cart, kind=SpanKind.CLIENT):
                    pass
            with (
                services.span("cart", "read prices", cart, alone=False) as prices,
                services.span("cart", "read stock", cart, alone=False) as stock,
            ):
                prices.end(services.tick())
                stock.end(services.tick())
            with services.span("cart", "carts.read", cart, kind=SpanKind.PRODUCER) as sending:
                sending.set_status(StatusCode.OK)


@pytest.fixture
def places(console_program: ConsoleProgram, jaeger_program: JaegerProgram) -> dict[str, tuple[SpanProcessor, Backend]]:
    """Give each backend with what takes spans there."""

    def sending(store: Any) -> SpanProcessor:
        return SimpleSpanProcessor(OTLPSpanExporter(f"{store.otlp_url}/v1/traces"))

    memory = Memory()
    to_console, to_jaeger = sending(console_program), sending(jaeger_program)
    return {
        "memory": (memory.span_processor, memory),
        "console": (to_console, Jaeger(console_program.query_url)),
        "jaeger": (to_jaeger, Jaeger(jaeger_program.query_url)),
        "jaeger-legacy": (to_jaeger, Jaeger(jaeger_program.query_url, api="legacy")),
    }


@pytest.fixture
async def seen(places: dict[str, tuple[SpanProcessor, Backend]]) -> AsyncIterator[dict[str, Trace]]:
    """Give the trace from each backend."""
    traces = {}
    for name, (processor, backend) in places.items():
        sent = backend.new_context("words")
        serve(Services(processor), sent)
        traces[name] = await backend.whole(sent.trace_id, sent.span_id)
    yield traces
    for processor in {processor for processor, _backend in places.values()}:
        processor.shutdown()


async def test_what_is_true_is_true_on_each_backend(seen: dict[str, Trace], verdict: Verdict) -> None:
    for name, expectation in TRUE.items():
        told = {backend: verdict(trace, expectation) for backend, trace in seen.items()}
        assert told == dict.fromkeys(BACKENDS, ""), name


async def test_what_is_false_is_told_in_the_same_words_on_each_backend(
    seen: dict[str, Trace], verdict: Verdict
) -> None:
    for name, expectation in FALSE.items():
        told = {backend: verdict(trace, expectation) for backend, trace in seen.items()}
        if name != "sequence":  # Jaeger's older API gives its JSON
            assert len(set(told.values())) == 1, (name, told)
        assert all(told.values()), name


async def test_a_lost_parent_is_told_in_the_same_words_on_each_backend(
    seen: dict[str, Trace], verdict: Verdict
) -> None:
    torn = {backend: replace(trace, caller=None) for backend, trace in seen.items()}

    told = {backend: verdict(trace, no_orphans()) for backend, trace in torn.items()}

    assert len(set(told.values())) == 1, told
    assert "the parent … of gateway  GET /cart  SERVER  ERROR is not there" in told["memory"]


def test_no_word_of_the_kit_is_left_out() -> None:
    here = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    words = [name for name in kit.__all__ if name.islower() and callable(getattr(kit, name))]
    not_said_of_spans = {"expect", "http_barrier", "new_context", "read_expectations"}

    missing = [word for word in words if word not in not_said_of_spans and f" {word}(" not in here]

    assert missing == []
