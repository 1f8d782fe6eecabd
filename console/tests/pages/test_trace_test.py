from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model import Attributes, Event, Kind, Link, Span, Status, trace_of
from console.otlp.spans import StoredSpan
from console.pages.trace_test import trace_test
from console.store import TraceStore
from tracetest import Trace
from tracetest.backends.otlp_json import read_spans

MakeSpan = Callable[..., Span]
Received = Callable[[list[Span]], list[StoredSpan]]
REQUEST: Attributes = {"http.request.method": "POST", "url.path": "/v1/orders"}


class Replay:
    """Gives the kit's client and backend a trace that was seen before."""

    def __init__(self, seen: Trace) -> None:
        self._seen = seen
        self.asked: list[tuple[Any, ...]] = []

    async def request(self, *asked: Any, **options: Any) -> SimpleNamespace:
        self.asked.append((*asked, options))
        return SimpleNamespace(trace=self._trace)

    async def whole(self, *asked: Any) -> Trace:
        self.asked.append(asked)
        return self._seen

    async def _trace(self) -> Trace:
        return self._seen


async def run(code: str, seen: Trace) -> Replay:
    """Run the one test of a module against a trace."""
    names: dict[str, Any] = {"__name__": "generated"}
    exec(compile(code, "generated", "exec"), names)  # noqa: S102  that it runs is what is tested
    (test,) = [value for name, value in names.items() if name.startswith("test_")]
    replay = Replay(seen)
    await test(replay)
    return replay


async def seen_by_kit(client: httpx.AsyncClient, trace_id: str) -> Trace:
    """Fetch a trace as the kit does."""
    document = (await client.get(f"/api/v3/traces/{trace_id}")).json()
    return Trace(trace_id, read_spans(document["result"]))


async def test_the_code_passes_for_the_trace_that_it_was_made_of(
    client: httpx.AsyncClient, store: TraceStore, received: Received, order_trace: list[Span]
) -> None:
    request = replace(order_trace[0], attributes={**order_trace[0].attributes, **REQUEST})
    store.add(received([request, *order_trace[1:]]))
    code = (await client.get(f"/trace/{request.trace_id}/test")).text
    replay = await run(code, await seen_by_kit(client, request.trace_id))
    assert replay.asked == [("POST", "/v1/orders", {"json": {}})]
    assert "async def test_post_v1_orders(trace: TracedClient)" in code
    assert "every({'tenant.id': 'acme'})" in code


async def test_the_code_tells_errors_links_and_what_runs_at_one_time(
    client: httpx.AsyncClient, store: TraceStore, received: Received, make_span: MakeSpan
) -> None:
    failed = replace(
        make_span(span=3, parent=1, start=2, kind=Kind.CLIENT),
        status=Status.ERROR,
        events=(Event("retry", 0), Event("exception", 1, {"exception.type": "TimeoutError"})),
        links=(Link("ab" * 16, "cd" * 8),),
    )
    store.add(received([make_span(duration=50), make_span(span=2, parent=1, start=1), failed]))
    code = (await client.get(f"/trace/{1:032x}/test")).text
    replay = await run(code, await seen_by_kit(client, f"{1:032x}"))
    assert replay.asked == [(f"{1:032x}",)]
    assert all(
        word in code for word in ("unordered(", "exception('TimeoutError')", "'retry'", "status='ERROR'", "Link(")
    )


async def test_the_code_fails_for_a_trace_that_is_not_like_it(
    client: httpx.AsyncClient, store: TraceStore, received: Received, order_trace: list[Span]
) -> None:
    store.add(received(order_trace))
    code = (await client.get(f"/trace/{order_trace[0].trace_id}/test")).text
    seen = await seen_by_kit(client, order_trace[0].trace_id)
    for index in range(1, 7):
        lacking = Trace(seen.trace_id, [each for at, each in enumerate(seen.spans) if at != index])
        with pytest.raises(AssertionError, match="is not what was expected"):
            await run(code, lacking)


@given(name=st.text(), service=st.text(), value=st.text() | st.integers())
def test_whatever_spans_are_called_the_code_is_python_and_runs_nothing_else(
    make_span: MakeSpan, name: str, service: str, value: str | int
) -> None:
    attributes = {**REQUEST, "http.request.method": value, "url.path": name, "error.type": value, "tenant.id": value}
    spans = [
        make_span(name=name, service=service, kind=Kind.SERVER, attributes=attributes),
        make_span(span=2, parent=1),
    ]
    tree = ast.parse(trace_test(trace_of(spans)))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called <= {"span", "exactly", "every", "expect", "exception", "unordered", "Link"}


def test_a_very_deep_trace_is_written_too(make_span: MakeSpan) -> None:
    deep = [make_span(span=number, parent=number - 1) for number in range(1, 400)]
    assert trace_test(trace_of(deep)).count("span(") == 399
