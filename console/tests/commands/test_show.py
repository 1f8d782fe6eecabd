from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from console.client import QueryError
from console.commands.show import show

PlaceOrder = Callable[[], str]


def test_a_trace_is_drawn(console: Any, place_order: PlaceOrder, screen: Any) -> None:
    trace_id = place_order()
    assert show(console.url, trace_id, as_json=False, out=screen.out, err=screen.err) == 0
    assert screen.lines[0] == "POST /v1/orders"
    assert screen.lines[1].startswith("42.12 ms · 7 spans · 3 services · tenant acme")
    assert screen.lines[2] == f"trace {trace_id}"
    assert screen.err.getvalue() == "", "progress is for terminals"


def test_a_script_gets_otlp(console: Any, place_order: PlaceOrder, screen: Any) -> None:
    trace_id = place_order()
    assert show(console.url, trace_id, as_json=True, out=screen.out, err=screen.err) == 0
    document = json.loads(screen.out.getvalue())
    spans = [span for group in document["resourceSpans"] for scoped in group["scopeSpans"] for span in scoped["spans"]]
    assert {span["traceId"] for span in spans} == {trace_id}
    assert len(spans) == 7


@pytest.mark.parametrize("as_json", [False, True])
def test_a_trace_that_is_not_there_is_named(console: Any, screen: Any, *, as_json: bool) -> None:
    trace_id = "ab" * 16
    assert show(console.url, trace_id, as_json=as_json, out=screen.out, err=screen.err) == 1
    assert (screen.out.getvalue(), screen.err.getvalue()) == ("", f"console: {console.url} has no trace {trace_id}\n")


@pytest.mark.parametrize("as_json", [False, True])
def test_an_id_that_is_none_is_an_error(console: Any, screen: Any, *, as_json: bool) -> None:
    with pytest.raises(QueryError, match="400 Bad Request"):
        show(console.url, "no-id", as_json=as_json, out=screen.out, err=screen.err)
