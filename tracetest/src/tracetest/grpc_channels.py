"""gRPC channels whose calls carry a trace context of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from grpc import aio

Metadata = Callable[[], Mapping[str, str]]


def traced_channel(address: str, metadata: Metadata, options: Mapping[str, Any]) -> aio.Channel:
    """Open a channel without encryption; each call is sent with new metadata, which the call's own is added to."""
    interceptors = [each(metadata) for each in (_UnaryUnary, _UnaryStream, _StreamUnary, _StreamStream)]
    return aio.insecure_channel(address, interceptors=interceptors, **options)


class _Adding:
    """Adds metadata; gRPC asks for a class for each of the four shapes of calls."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def _added(self, details: aio.ClientCallDetails) -> aio.ClientCallDetails:
        metadata = aio.Metadata(*self._metadata().items(), *(details.metadata or ()))
        return aio.ClientCallDetails(
            details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
        )


class _UnaryUnary(_Adding, aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(self._added(client_call_details), request)


class _UnaryStream(_Adding, aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(self._added(client_call_details), request)


class _StreamUnary(_Adding, aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(self._added(client_call_details), request_iterator)


class _StreamStream(_Adding, aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(self._added(client_call_details), request_iterator)
