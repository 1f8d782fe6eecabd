"""A tenant, and what the suite has learnt from the service by calling each of its methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.message import Message

from tracetest.conformance.rpc.calls import WITHIN, Caller, Exchange, Metadata, OpenCall, new_tenant
from tracetest.conformance.rpc.reflection import Method
from tracetest.conformance.rpc.samples import is_id, make_request, texts_in
from tracetest.ids import TraceContext

_ROUNDS = 2  # in the second one the ids of the first are known
_STREAM_WITHIN = 1.0  # a stream may have nothing to say


class Account:
    """A new tenant's dealings with a service: every method is called, twice, when it is made.

    Args:
        caller: Makes the calls.
        methods: Of the service.
        requests: See `tracetest.conformance.instance.Instance`.

    Attributes:
        tenant: Its name.
        known: The ids that the service has given, by the name of their field.
        last: How the last call of each method ended.
        working: The unary methods whose last call succeeded.
    """

    def __init__(self, caller: Caller, methods: Sequence[Method], requests: Mapping[str, Mapping[str, Any]]) -> None:
        self._caller = caller
        self._requests = requests
        self.tenant = new_tenant()
        self.known: dict[str, str] = {}
        self.last: dict[Method, Exchange] = {}
        for _ in range(_ROUNDS):
            for method in methods:
                self.call(method, timeout=_STREAM_WITHIN if method.streams else WITHIN)
        self.working = [method for method, last in self.last.items() if last.worked and not method.streams]

    def make_request(self, method: Method) -> Message:
        """Make a unique request that uses the known ids."""
        short = method.name.rpartition("/")[2]
        return make_request(method.request, self.known, self._requests.get(short, {}))

    def call(self, method: Method, *, timeout: float = WITHIN, metadata: Metadata = ()) -> Exchange:
        """Call a method with a new request, and learn from the answer."""
        last = self.begin(method, timeout=timeout, metadata=metadata).finish()
        self.last[method] = last
        self.known |= {name: text for each in last.responses for name, text in texts_in(each) if is_id(name) and text}
        return last

    def begin(
        self,
        method: Method,
        *,
        timeout: float = WITHIN,
        metadata: Metadata = (),
        context: TraceContext | None = None,
    ) -> OpenCall:
        """Begin a call with a new request."""
        request = self.make_request(method).SerializeToString()
        return self._caller.begin(method, request, self.tenant, timeout=timeout, metadata=metadata, context=context)
