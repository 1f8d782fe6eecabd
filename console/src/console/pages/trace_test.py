"""Writes the trace test of a trace, in the words of the trace-test kit, ``tracetest``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from textwrap import indent

from console.analysis.forest import Node, forest
from console.model import TENANT, Event, Span, Status, Trace, Value
from console.pages.curl import request_span
from console.query import as_text

# What is the same each time; addresses, ids and sizes are not.
_STEADY = (
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "rpc.response.status_code",
    "db.system.name",
    "error.type",
)
_WORDS = ("Backend", "Event", "Link", "TracedClient", "every", "exactly", "exception", "expect", "span", "unordered")
_STEP = "    "
_WIDEST = 116


def trace_test(trace: Trace) -> str:
    """Write a module with one test: it sends the trace's request, and passes for a trace that is like this one.

    Where the trace began with no HTTP request, the test looks at this very trace.
    """
    every = _every(trace)
    spans = _siblings(forest(trace), every)
    expected = [_call("exactly", spans), *([f"every({every!r})"] if every else [])]
    body = "\n".join((*_asking(trace), _call("expect", ["seen", *expected])))
    fixture = "trace: TracedClient" if _path(trace) else "trace_backend: Backend"
    used = [word for word in _WORDS if re.search(rf"\b{word}\b\(?", f"{fixture} {_code(body)}")]
    return (
        "from __future__ import annotations\n\n"
        f"from tracetest import {', '.join(used)}\n\n\n"
        f"async def test_{_identifier(trace.root.name)}({fixture}) -> None:\n{indent(body, _STEP)}\n"
    )


def _asking(trace: Trace) -> Iterator[str]:
    path = _path(trace)
    if not path:
        yield f"seen = await trace_backend.whole({trace.trace_id!r})"
        return
    span = request_span(trace)
    method = as_text(span.attributes["http.request.method"]) if span else ""
    body = ", json={}" if method in {"POST", "PUT", "PATCH"} else ""
    if body:
        yield "# a trace holds no bodies: write what is to be sent"
    yield f"answered = await trace.request({method!r}, {path!r}{body})"
    yield "seen = await answered.trace()"


def _path(trace: Trace) -> str:
    """Give the path of the request that the trace began with, if it was one of HTTP."""
    span = request_span(trace)
    return as_text(span.attributes.get("url.path")) if span is not None and span is trace.root else ""


def _siblings(nodes: list[Node], every: Mapping[str, Value]) -> list[str]:
    """Write spans with what they caused, in the order of their start; goes as deep as the trace, without recursion."""
    written: dict[str, str] = {}
    pending = list(reversed(nodes))
    while pending:
        node = pending[-1]
        below = [child for child in node.children if child.span.span_id not in written]
        if below:
            pending += below
            continue
        pending.pop()
        children = _ordered(node.children, [written[child.span.span_id] for child in node.children])
        written[node.span.span_id] = _call("span", [*_said(node.span, every, children)])
    return _ordered(nodes, [written[node.span.span_id] for node in nodes])


def _ordered(nodes: list[Node], written: list[str]) -> list[str]:
    """Let spans that overlap come in any order: they may do so the next time."""
    if any(one.span.end > other.span.start for one, other in pairwise(nodes)):
        return [_call("unordered", written)]
    return written


def _said(span: Span, every: Mapping[str, Value], children: list[str]) -> Iterator[str]:
    yield repr(span.service)
    yield repr(span.name)
    yield from children
    if span.kind:
        yield f"kind={span.kind.upper()!r}"
    if span.status is not Status.UNSET:
        yield f"status={str(span.status)!r}"
    attributes = {key: span.attributes[key] for key in _STEADY if key in span.attributes and key not in every}
    if attributes:
        yield f"attributes={attributes!r}"
    if span.events:
        yield f"events=[{', '.join(map(_event, span.events))}]"
    if span.links:
        yield f"links=[{', '.join(f'Link({link.trace_id!r}, {link.span_id!r})' for link in span.links)}]"


def _event(event: Event) -> str:
    kind = event.attributes.get("exception.type")
    return f"exception({as_text(kind)!r})" if event.name == "exception" and kind else repr(event.name)


def _every(trace: Trace) -> dict[str, Value]:
    """Give the tenant where all spans name the same."""
    tenants = {as_text(span.attributes.get(TENANT)) for span in trace.spans}
    tenant = tenants.pop() if len(tenants) == 1 else ""
    return {TENANT: tenant} if tenant else {}


def _call(function: str, arguments: list[str]) -> str:
    """Write a call: on one line where nothing inside needs more and it fits, else an argument a line."""
    line = f"{function}({', '.join(arguments)})"
    nested = any(argument.startswith(("span(", "unordered(", "exactly(")) for argument in arguments)
    if "\n" not in line and not nested and len(line) <= _WIDEST:
        return line
    return f"{function}(\n" + "".join(f"{indent(argument, _STEP)},\n" for argument in arguments) + ")"


def _code(text: str) -> str:
    """Leave the texts out, in which anything may be written."""
    return re.sub(r"'(\\.|[^'\\])*'|\"(\\.|[^\"\\])*\"", "''", text)


def _identifier(name: str) -> str:
    """Make ``post_v1_orders`` of ``POST /v1/orders``."""
    return re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "trace"
