"""The seam of calls: an interceptor between telemetry's and the handler, so that what it does is in the call's span."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING, Any

import grpc
from grpc import StatusCode, aio

from chassis.database.engine import Database
from faults.actions import Abort, Action, BreakStream, Delay, HoldPool, Raise, SkewClock
from faults.catalogue import Fault
from faults.clock import SkewedClocks
from faults.pool import HeldPool
from faults.switches import Switches, active

if TYPE_CHECKING:  # generic to the type checker alone
    ServicerContext = aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
    Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]]

# https://github.com/grpc/proposal/blob/master/A6-client-retries.md: how many attempts of the call came before this one.
_ATTEMPTS_BEFORE = "grpc-previous-rpc-attempts"


class InjectedBug(RuntimeError):  # noqa: N818  it reads as what it is
    """What the action `Raise` raises: no service expects it."""


class FaultInterceptor(aio.ServerInterceptor):
    """Makes the calls of some methods fail while their flags are on.

    Args:
        faults: By the full name of the method.
        switches: Tells which are on.
        database: The service's.
        clocks: The service's clocks, see `SkewedClocks`.
    """

    def __init__(
        self, faults: Mapping[str, Sequence[Fault]], switches: Switches, database: Database, clocks: SkewedClocks
    ) -> None:
        self._faults = faults
        self._switches = switches
        self._pool = HeldPool(database)
        self._clocks = clocks
        self._wrapped: dict[str, tuple[Handler, Handler]] = {}

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler | None:
        """Give the method's handler; one that no fault is for stays as it is."""
        handler = await continuation(handler_call_details)
        method = _text(handler_call_details.method).removeprefix("/")
        faults = self._faults.get(method)
        if handler is None or not faults:
            return handler
        known = self._wrapped.get(method)
        if known is None or known[0] is not handler:
            known = self._wrapped[method] = (handler, self._wrap(handler, faults))
        return known[1]

    def _wrap(self, handler: Handler, faults: Sequence[Fault]) -> Handler:
        serializers = (handler.request_deserializer, handler.response_serializer)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(self._unary(handler.unary_unary, faults), *serializers)
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(self._stream(handler.unary_stream, faults), *serializers)
        return handler  # no service here has a method with a stream of requests

    def _unary(self, behavior: Callable[..., Any], faults: Sequence[Fault]) -> Callable[..., Any]:
        async def unary(request: Any, context: ServicerContext) -> Any:
            actions = self._switches.actions(faults)
            async with AsyncExitStack() as stack:
                await self._begin(actions, context, stack)
                return await behavior(request, context)

        return unary

    def _stream(self, behavior: Callable[..., Any], faults: Sequence[Fault]) -> Callable[..., Any]:
        async def stream(request: Any, context: ServicerContext) -> AsyncIterator[Any]:
            actions = self._switches.actions(faults)
            breaks = [action for action in actions if isinstance(action, BreakStream)]
            async with AsyncExitStack() as stack:
                await self._begin(actions, context, stack)
                responses = await stack.enter_async_context(aclosing(behavior(request, context)))
                sent = 0
                async for response in responses:
                    for each in breaks:
                        if sent >= each.after:
                            await context.abort(StatusCode[each.code], each.message)
                    yield response
                    sent += 1

        return stream

    async def _begin(self, actions: tuple[Action, ...], context: ServicerContext, stack: AsyncExitStack) -> None:
        """Do what comes before the handler; what must be undone after it is left to the stack."""
        stack.enter_context(active(actions))
        for action in actions:
            match action:
                case Delay():
                    await asyncio.sleep(action.seconds)
                case Abort() if not (action.first_attempt and _is_retry(context)):
                    await context.abort(StatusCode[action.code], action.message)
                case Raise():
                    raise InjectedBug(action.message)
                case HoldPool():
                    await stack.enter_async_context(self._pool.held())
                case SkewClock():
                    self._clocks.skew(action.seconds)
                case _:  # the seams of the database and of streams ask by themselves
                    pass


def _is_retry(context: ServicerContext) -> bool:
    return any(_text(name) == _ATTEMPTS_BEFORE for name, _value in context.invocation_metadata() or ())


def _text(value: str | bytes) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value
