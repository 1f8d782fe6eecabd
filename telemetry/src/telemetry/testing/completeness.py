"""When a trace is whole: nothing of it can still be on its way, as far as its own spans tell."""

from __future__ import annotations

from collections.abc import Collection

from telemetry import semconv
from telemetry.testing.model import Span, Trace


def missing_parts(trace: Trace, caller: str | None = None, absent: Collection[str] = ()) -> list[str]:
    """Say in words what has not arrived yet; empty for a whole trace.

    A service exports its spans in the order in which they end, so a server span comes after all that it caused within
    its service, and these two are all that can be missing: the parent of a span, and the other side of a call.

    Args:
        trace: What has arrived.
        caller: The span id that the request came with: the one parent that nobody exports.
        absent: Full names of gRPC services, such as ``shop.user.v1.UserService``, that calls cannot reach.
    """
    ids = {span.span_id for span in trace} | {caller, None}
    parts = [f"the parent of {_named(span)}" for span in trace if span.parent_id not in ids]
    parts += [f"the server's side of {_named(span)}" for span in trace if _awaits_server(span, trace, absent)]
    return parts


def _awaits_server(span: Span, trace: Trace, absent: Collection[str]) -> bool:
    method = span.attributes.get(semconv.RPC_METHOD)
    if span.kind != "CLIENT" or method is None or str(method).rpartition("/")[0] in absent:
        return False
    return not any(child.kind == "SERVER" for child in trace.children(span))


def _named(span: Span) -> str:
    return f"{span.service} {span.name} {span.kind}"
