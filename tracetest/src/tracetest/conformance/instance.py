"""A running service, and what the suite knows about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic, sleep
from typing import Any

import grpc

from tracetest.backends.base import Backend
from tracetest.conformance.account import Account
from tracetest.conformance.environment.mock_server import MockServer
from tracetest.conformance.environment.sink import Sink
from tracetest.conformance.errors import NotApplicable, Violation
from tracetest.conformance.rpc.calls import Caller, Exchange
from tracetest.conformance.rpc.reflection import Method, find_methods
from tracetest.fetched import Trace
from tracetest.model import Span

_POLL = 0.02
_SPANS_WITHIN = 5.0

Requests = Mapping[str, Mapping[str, Any]]


@dataclass(kw_only=True)
class Instance:
    """A service that runs.

    Attributes:
        address: ``HOST:PORT``.
        channel: To it.
        traces: Where its spans go; None when nobody said.
        sink: The same when it is the suite's own, which knows metrics and log records too.
        mock_servers: What it calls, by the variable that tells the service where.
        database: The URL of its database; None when it has none, or none of the suite's own.
        requests: What is to be in the requests of a method, by its short name: fields as proto's JSON has them.
    """

    address: str
    channel: grpc.Channel
    traces: Backend | None
    sink: Sink | None = None
    mock_servers: Mapping[str, MockServer] = field(default_factory=dict)
    database: str | None = None
    requests: Requests = field(default_factory=dict)

    @cached_property
    def caller(self) -> Caller:
        """Calls it."""
        return Caller(self.channel)

    @cached_property
    def methods(self) -> Sequence[Method]:
        """What it offers; raises Violation when it does not tell."""
        return find_methods(self.channel)

    @cached_property
    def account(self) -> Account:
        """A tenant that has called every method; raises Violation when none of them did what it was asked for."""
        account = self.open_account()
        if not account.working:
            refused = "\n".join(f"  {each}" for each in account.last.values())
            raise Violation(
                f"no method did what it was asked for: expected one at least; say what is to be in a request "
                f"(requests=…, --request)\n{refused}"
            )
        return account

    def open_account(self) -> Account:
        """Let a tenant that nobody has used call every method."""
        return Account(self.caller, self.methods, self.requests)

    def served(self, exchange: Exchange, within: float = _SPANS_WITHIN) -> tuple[Trace, Span]:
        """Give the server's span of a call with its trace; raise Violation when it does not come."""
        found = self.find_served(exchange, within)
        if found is None:
            raise Violation(f"{exchange}: no SERVER span came in the caller's trace within {within:g} s")
        return found

    def find_served(self, exchange: Exchange, within: float = _SPANS_WITHIN) -> tuple[Trace, Span] | None:
        """Give the server's span of a call with its trace; None when it does not come.

        What a service exports comes in the order in which it ended, so all that the call caused is there too.
        """
        backend = self.traced()
        ends_at = monotonic() + within
        while True:
            trace = asyncio.run(backend.fetch(exchange.context.trace_id))
            span = next((each for each in trace or () if each.kind == "SERVER"), None)
            if trace is not None and span is not None:
                return trace, span
            if monotonic() > ends_at:
                return None
            sleep(_POLL)

    def traced(self) -> Backend:
        """Give where its spans go; raise NotApplicable when nobody said."""
        if self.traces is None:
            raise NotApplicable("nobody said where its spans go (--query)")
        return self.traces

    def collecting(self) -> Sink:
        """Give the suite's own collector; raise NotApplicable when the spans go elsewhere."""
        if self.sink is None:
            raise NotApplicable("the collector is not the suite's own: the suite has to start the service (--command)")
        return self.sink
