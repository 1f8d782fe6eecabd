"""When a trace is whole: nothing of it can still be on its way, as far as its own spans tell."""

from __future__ import annotations

from collections.abc import Collection

from telemetry.testing.conventions import called_names
from telemetry.testing.model import Span, Trace

SERVERS_SIDE = "the server's side of "


def missing_parts(trace: Trace, caller: str | None = None, absent: Collection[str] = ()) -> list[str]:
    """Say in words what has not arrived yet; empty for a whole trace.

    A service exports its spans in the order in which they end, so a server span comes after all that it caused within
    its service, and these two are all that can be missing: the parent of a span, and the other side of a call.

    Args:
        trace: What has arrived.
        caller: The span id that the request came with: the one parent that nobody exports.
        absent: Who leaves no spans: full names of gRPC services, such as ``shop.user.v1.UserService``, and of others
            the ``HOST`` or ``HOST:PORT`` that they are called by.
    """
    ids = {span.span_id for span in trace} | {caller, None}
    parts = [f"the parent of {_named(span)}" for span in trace if span.parent_id not in ids]
    parts += [
        f"{SERVERS_SIDE}{_named(span)}, {names[0]}"
        for span in trace
        if (names := _awaited(span, trace)) and not any(name in absent for name in names)
    ]
    return parts


def _awaited(span: Span, trace: Trace) -> list[str]:
    """Give the names of who must have left a SERVER span below this one; none when nobody must, or has."""
    if span.kind != "CLIENT" or any(child.kind == "SERVER" for child in trace.children(span)):
        return []
    return called_names(span.attributes)


def _named(span: Span) -> str:
    return f"{span.service} {span.name} {span.kind}"
