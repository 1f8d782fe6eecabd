"""When a trace is whole: nothing of it can still be on its way, as far as its own spans tell."""

from __future__ import annotations

from collections.abc import Collection

from tracetest.conventions import called_names, rpc_code
from tracetest.model import Span, Trace

SERVERS_SIDE = "the server's side of "

# gRPC itself ends no call with these, so a server has: https://grpc.github.io/grpc/core/md_doc_statuscodes.html
_OF_SERVERS_ALONE = frozenset({
    "OK", "INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "DATA_LOSS",
})  # fmt: skip


def missing_parts(trace: Trace, caller: str | None = None, absent: Collection[str] = ()) -> list[str]:
    """Say in words what has not arrived yet; empty for a whole trace.

    A service exports its spans in the order in which they end, so a server span comes after all that it caused within
    its service, and these two are all that can be missing: the parent of a span, and the other side of a call. A call
    that gRPC has tried again has a server's side for each attempt that came there; one with the call's own code is
    awaited, where that tells which attempt was the last. It does not where all attempts were refused with, say,
    UNAVAILABLE: only a barrier makes certain that all of them are there, see `Backend.whole`.

    Args:
        trace: What has arrived.
        caller: The span id that the request came with: the one parent that nobody exports.
        absent: Services without spans: full names of gRPC services, such as ``shop.user.v1.UserService``, and of others
            the ``HOST`` or ``HOST:PORT`` that they are called by.
    """
    ids = {span.span_id for span in trace} | {caller, None}
    parts = [f"the parent of {_named(span)}" for span in trace if span.parent_id not in ids]
    sides = (_missing_side(span, trace, absent) for span in trace if span.kind == "CLIENT")
    return [*parts, *filter(None, sides)]


def _missing_side(call: Span, trace: Trace, absent: Collection[str]) -> str | None:
    """Name the server's side of a call that is not there yet; None when nobody must have left one, or has."""
    names = called_names(call.attributes)
    if not names or any(name in absent for name in names):
        return None
    side = f"{SERVERS_SIDE}{_named(call)}, {names[0]}"
    code = rpc_code(call.attributes)
    there = [rpc_code(child.attributes) for child in trace.children(call) if child.kind == "SERVER"]
    if not there:
        return side
    if code not in _OF_SERVERS_ALONE or code in there or None in there:
        return None
    return f"{side}: it ended {code}, those that are there {', '.join(map(str, there))}"


def _named(span: Span) -> str:
    return f"{span.service} {span.name} {span.kind}"
