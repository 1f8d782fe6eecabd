"""Writes the trace test of a trace: what the trace-test kit of ``telemetry.testing`` must see again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from textwrap import indent

from console.analysis.forest import Node, forest
from console.model import TENANT, Span, Status, Trace, Value

# What is the same each time; addresses, ids and sizes are not.
_STEADY = (
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "rpc.response.status_code",
    "db.system.name",
    "error.type",
)
_STEP = "    "
_WIDEST = 120


def trace_test(trace: Trace) -> str:
    """Write a module with one test, which any trace of the same shape passes, this one among them."""
    every = _every(trace)
    roots = [_call(node, every) for node in forest(trace)]
    names = ["expect", "span"] if not any(span.links for span in trace.spans) else ["Link", "expect", "span"]
    arguments = ["trace", *roots, *([f"every={every!r}"] if every else [])]
    body = _joined("expect", arguments, _STEP)
    imports = ", ".join(sorted([*names, "Trace"], key=lambda name: (name[0].islower(), name)))
    return (
        "from __future__ import annotations\n\n"
        f"from telemetry.testing import {imports}\n\n\n"
        f"def test_{_identifier(trace.root.name)}(trace: Trace) -> None:\n{indent(body, _STEP)}\n"
    )


def _call(node: Node, every: Mapping[str, Value]) -> str:
    """Write ``span(…)`` with what it caused; goes as deep as the trace, without recursion."""
    written: dict[str, str] = {}
    pending = [node]
    while pending:
        at = pending[-1]
        below = [child for child in at.children if child.span.span_id not in written]
        if below:
            pending += below
            continue
        pending.pop()
        children = [written[child.span.span_id] for child in at.children]
        written[at.span.span_id] = _joined("span", [*_options(at, every, children)], _STEP)
    return written[node.span.span_id]


def _options(node: Node, every: Mapping[str, Value], children: list[str]) -> Iterator[str]:
    span = node.span
    yield repr(span.service)
    yield repr(span.name)
    yield from children
    if span.kind and span.kind != "internal":
        yield f"kind={span.kind.upper()!r}"
    if span.status is not Status.UNSET:
        yield f"status={str(span.status)!r}"
    attributes = {key: span.attributes[key] for key in _STEADY if key in span.attributes and key not in every}
    if attributes:
        yield f"attributes={attributes!r}"
    if span.links:
        yield f"links=[{', '.join(f'Link({link.trace_id!r}, {link.span_id!r})' for link in span.links)}]"
    exceptions = [_exception(span, index) for index, event in enumerate(span.events) if event.name == "exception"]
    if exceptions:
        yield f"exceptions={exceptions!r}"
    if any(one.span.end > other.span.start for one, other in pairwise(node.children)):
        yield "in_any_order=True"


def _exception(span: Span, index: int) -> str:
    return str(span.events[index].attributes.get("exception.type"))


def _every(trace: Trace) -> dict[str, Value]:
    """Give the tenant where all spans name the same."""
    tenants = {str(span.attributes.get(TENANT, "")) for span in trace.spans}
    tenant = tenants.pop() if len(tenants) == 1 else ""
    return {TENANT: tenant} if tenant else {}


def _joined(function: str, arguments: list[str], step: str) -> str:
    """Write a call: on one line where nothing inside needs more and it fits, else an argument a line."""
    line = f"{function}({', '.join(arguments)})"
    if "\n" not in line and "span(" not in ", ".join(arguments) and len(line) <= _WIDEST - 4 * len(step):
        return line
    inside = "".join(f"{indent(argument, step)},\n" for argument in arguments)
    return f"{function}(\n{inside})"


def _identifier(name: str) -> str:
    """Make ``post_v1_orders`` of ``POST /v1/orders``."""
    return re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "trace"
