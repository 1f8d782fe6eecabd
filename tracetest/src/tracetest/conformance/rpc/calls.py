"""Calls to the tested service, each in a trace of its own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import shorten
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import Message
from grpc import StatusCode

from tracetest.conformance.rpc.reflection import Method
from tracetest.ids import TraceContext, new_context
from tracetest.names import TENANT_METADATA

if TYPE_CHECKING:
    from grpc import _CallIterator

    Call = _CallIterator[bytes]

Metadata = Sequence[tuple[str, str | bytes]]

_SHOWN = 120  # characters of the status message

WITHIN = 5.0  # seconds for an ordinary call

# Sent with every call; a service must never record it.
SECRET = f"Bearer {secrets.token_hex(16)}"


def new_tenant() -> str:
    """Make a new, unused tenant."""
    return f"conformance-{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A call that has ended.

    Attributes:
        method: What was called.
        request: What was sent.
        tenant: The tenant it is made for; None for none.
        context: The trace context that it was sent with.
        code: How it ended.
        details: The status message.
        trailing: The trailing metadata.
        responses: The messages received.
        seconds: How long it took, in seconds.
    """

    method: Method
    request: bytes
    tenant: str | None
    context: TraceContext
    code: StatusCode
    details: str
    trailing: Metadata
    responses: Sequence[Message]
    seconds: float

    @property
    def worked(self) -> bool:
        """Whether the service did what it was asked for; a stream is left after its first message."""
        return self.code is StatusCode.OK or bool(self.responses)

    def __str__(self) -> str:
        said = shorten(self.details, _SHOWN, placeholder="…")
        return f"{self.method.name} {self.code.name}" + (f" ({said})" if said else "")


@dataclass(slots=True)
class OpenCall:
    """A call that may still be under way.

    On the wire all shapes of calls are alike, so each is made as one that sends one message and reads many.
    """

    method: Method
    request: bytes
    tenant: str | None
    context: TraceContext
    call: Call
    _began: float = field(default_factory=monotonic)
    _done: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        if not self.call.add_callback(self._done.set):
            self._done.set()

    def is_done(self, within: float = 0.0) -> bool:
        """Tell whether it ends within so many seconds."""
        return self._done.wait(within)

    def cancel(self) -> None:
        """Cancel the call."""
        self.call.cancel()

    def finish(self) -> Exchange:
        """Wait for its end; of a stream that stays open, for its first message."""
        responses = []
        try:
            for response in self.call:
                responses.append(self.method.response.FromString(response))
                if self.method.streams:
                    self.call.cancel()
                    break
        except grpc.RpcError:  # what it says is asked of the call below
            pass
        return Exchange(
            method=self.method,
            request=self.request,
            tenant=self.tenant,
            context=self.context,
            code=self.call.code(),
            details=self.call.details() or "",
            trailing=list(self.call.trailing_metadata() or ()),
            responses=responses,
            seconds=monotonic() - self._began,
        )


class Caller:
    """Makes calls over one channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def begin(  # noqa: PLR0913  each is something that a call has
        self,
        method: Method,
        request: bytes,
        tenant: str | None,
        *,
        timeout: float = WITHIN,
        metadata: Metadata = (),
        context: TraceContext | None = None,
        traced: bool = True,
    ) -> OpenCall:
        """Begin a call.

        Args:
            method: What to call.
            request: What to send.
            tenant: The tenant it is made for; None for none.
            timeout: Its deadline, in seconds from now.
            metadata: Sent beside the tenant, the trace context and a secret.
            context: The trace context to send; a new trace by default.
            traced: False sends no trace context.
        """
        context = context or new_context()
        sent: list[tuple[str, str | bytes]] = [("authorization", SECRET), *metadata]
        if traced:
            sent.append(("traceparent", context.traceparent))
        if tenant is not None:
            sent.append((TENANT_METADATA, tenant))
        send: Any = self._channel.stream_stream(method.path)
        call: Call = send(iter([request]), timeout=timeout, metadata=sent)
        return OpenCall(method, request, tenant, context, call)
