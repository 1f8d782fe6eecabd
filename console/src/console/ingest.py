"""The OTLP/HTTP endpoint ``POST /v1/traces``.

Answers as the protocol asks (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response): in the content type of the
request, with an ExportTraceServiceResponse or a google.rpc.Status; spans that cannot be taken are a partial success.
"""

from __future__ import annotations

import logging
from functools import partial
from http import HTTPStatus

from anyio import CapacityLimiter, to_thread
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import code_pb2  # type: ignore[import-untyped]  # it has stubs and does not say so
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from console.body import BodyError, BodyReader
from console.otlp import Decoded, MalformedRequestError, decode_json, decode_protobuf
from console.store import Added, TraceStore

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_DECODERS = {PROTOBUF: decode_protobuf, JSON: decode_json}
_CODES = {
    HTTPStatus.BAD_REQUEST: code_pb2.INVALID_ARGUMENT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: code_pb2.RESOURCE_EXHAUSTED,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: code_pb2.INVALID_ARGUMENT,
    HTTPStatus.SERVICE_UNAVAILABLE: code_pb2.UNAVAILABLE,
}
_DECODED_AT_ONCE = 2
_LOG = logging.getLogger(__name__)


class Ingest:
    """Takes spans into a store."""

    def __init__(self, store: TraceStore, bodies: BodyReader) -> None:
        self._store = store
        self._bodies = bodies
        self._decoding = CapacityLimiter(_DECODED_AT_ONCE)

    def routes(self) -> list[Route]:
        """Make the route of the endpoint."""
        return [Route("/v1/traces", self.traces, methods=["POST"])]

    async def traces(self, request: Request) -> Response:
        """Take one export request."""
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if content_type not in _DECODERS:
                raise _wrong_content_type(content_type)
            return await self._take(request, content_type)
        except BodyError as error:
            return _failure(content_type, error)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it

    async def _take(self, request: Request, content_type: str) -> Response:
        coding = request.headers.get("content-encoding", "")
        async with self._bodies.read(request.stream(), request.headers.get("content-length")) as body:
            work = partial(self._decode_and_add, body, coding, content_type)
            decoded, added = await to_thread.run_sync(work, limiter=self._decoding)
        if decoded.refused and not decoded.spans:
            raise BodyError(HTTPStatus.BAD_REQUEST, f"all {decoded.refused} spans refused: {decoded.reason}")
        return _success(content_type, decoded, added)

    def _decode_and_add(self, body: bytes, coding: str, content_type: str) -> tuple[Decoded, Added]:
        try:
            decoded = _DECODERS[content_type](self._bodies.unpack(body, coding))
        except MalformedRequestError as error:
            raise BodyError(HTTPStatus.BAD_REQUEST, str(error)) from None
        return decoded, self._store.add(decoded.spans)


def _wrong_content_type(given: str) -> BodyError:
    message = f"content type {given!r}: expected {PROTOBUF} or {JSON}"
    return BodyError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, {"accept": f"{PROTOBUF}, {JSON}"})


def _success(content_type: str, decoded: Decoded, added: Added) -> Response:
    answer = ExportTraceServiceResponse()
    refused = decoded.refused + added.refused
    if refused:
        answer.partial_success.rejected_spans = refused
        answer.partial_success.error_message = f"{refused} spans refused: {decoded.reason or added.reason}"
        _LOG.warning("%s", answer.partial_success.error_message)
    return _response(content_type, answer, HTTPStatus.OK)


def _failure(content_type: str, error: BodyError) -> Response:
    _LOG.warning("an export request was refused with %d: %s", error.status, error)
    body_type = content_type if content_type in _DECODERS else JSON
    return _response(body_type, Status(code=_CODES[error.status], message=str(error)), error.status, error.headers)


def _response(
    content_type: str, message: Message, status: HTTPStatus, headers: dict[str, str] | None = None
) -> Response:
    if content_type == JSON:
        body = json_format.MessageToJson(message, indent=None).encode()
    else:
        body = message.SerializeToString()
    return Response(body, status, headers, media_type=content_type)
