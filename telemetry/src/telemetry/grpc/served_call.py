"""A call in progress at the server, until its status is known."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grpc import StatusCode, aio
from opentelemetry.trace import Span, Status, format_trace_id
from opentelemetry.trace import StatusCode as SpanStatus

from telemetry import semconv
from telemetry.errors import CLASS_OF_CODE, record_error
from telemetry.errors.chain import causes
from telemetry.errors.safe_access import text_of
from telemetry.errors.table import ErrorTable, find_code
from telemetry.errors.texts import stack_trace
from telemetry.grpc.status import SERVER_ERRORS, why_cancelled

_logger = logging.getLogger(__name__)

# https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback: not a number of milliseconds means never.
_NO_RETRY = ("grpc-retry-pushback-ms", "-1")

if TYPE_CHECKING:  # generic to the type checker alone
    ServicerContext = aio.ServicerContext[Any, Any]


@dataclass(slots=True)
class RunningCall:
    """One call.

    Attributes:
        span: Its span.
        context: Its servicer context.
        errors: The table of error types and codes.
        time_left: Seconds until its deadline when it started; None without a deadline.
        code: Its status when that is not the one of `context`.
    """

    span: Span
    context: ServicerContext
    errors: ErrorTable[StatusCode]
    time_left: float | None
    code: StatusCode | None = None

    async def fail(self, error: BaseException) -> None:
        """Choose the code, record it, and abort with it; return if the handler has aborted already."""
        if isinstance(error, aio.AbortError):
            return
        if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
            self.code = why_cancelled(self.context.time_remaining(), self.time_left)
            return
        mapped = find_code(error, self.errors)
        self.code = mapped or StatusCode.INTERNAL
        if mapped is None:
            _log_uncaught(error)
        if self.code in SERVER_ERRORS:
            record_error(self.span, error, kind=CLASS_OF_CODE[self.code] if mapped else None)
        if self.code is StatusCode.UNAVAILABLE and _was_called(error):
            self.context.set_trailing_metadata((*(self.context.trailing_metadata() or ()), _NO_RETRY))
        try:
            await self.context.abort(self.code, text_of(error) if mapped else self._safe_text())
        except aio.UsageError:  # the handler aborted and raised this afterwards: the caller has the first status
            self.code = None

    def end(self) -> StatusCode:
        """End the span; return the call's status."""
        code = self.code or self.context.code() or StatusCode.OK
        span = self.span
        if span.is_recording():
            if code in SERVER_ERRORS:
                span.set_attributes({semconv.RPC_RESPONSE_STATUS_CODE: code.name, semconv.ERROR_TYPE: code.name})
                span.set_status(Status(SpanStatus.ERROR, self.context.details() or None))
            else:
                span.set_attribute(semconv.RPC_RESPONSE_STATUS_CODE, code.name)
            span.end()
        return code

    def _safe_text(self) -> str:
        return f"internal error; trace id {format_trace_id(self.span.get_span_context().trace_id)}"


def _was_called(error: BaseException) -> bool:
    """Return whether the failure is one of a server behind this one.

    The call to that server has been retried if that was safe, so this server's caller should not retry: each hop would
    multiply the attempts of the next.
    """
    return any(
        isinstance(each, aio.AioRpcError) and each.code() is StatusCode.UNAVAILABLE for each in (error, *causes(error))
    )


def _log_uncaught(error: BaseException) -> None:
    """Log the error with its redacted stack trace, which formatters use instead of formatting one."""
    if not _logger.isEnabledFor(logging.ERROR):
        return
    exc_info = (type(error), error, error.__traceback__)
    record = _logger.makeRecord(
        _logger.name, logging.ERROR, __file__, 0, "uncaught exception in a handler", (), exc_info
    )
    record.exc_text = stack_trace(error).rstrip("\n")
    _logger.handle(record)
