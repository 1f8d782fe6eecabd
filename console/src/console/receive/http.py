"""The OTLP/HTTP endpoints ``POST /v1/traces``, ``/v1/logs`` and ``/v1/metrics``.

They answer as the protocol asks (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response): in the content type of
the request, with an export response or a google.rpc.Status; items that cannot be taken are a partial success.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

from anyio import CapacityLimiter, to_thread
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import code_pb2  # type: ignore[import-untyped]  # it has stubs and does not say so
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from console.otlp.decoded import MalformedRequestError
from console.otlp.transcode import json_to_protobuf
from console.receive.body import BodyError, BodyReader
from console.receive.intake import Intake, NothingTakenError, Taken
from console.receive.signals import SIGNALS, Signal
from console.receive.status import status

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_CODES = {
    HTTPStatus.BAD_REQUEST: code_pb2.INVALID_ARGUMENT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: code_pb2.RESOURCE_EXHAUSTED,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: code_pb2.INVALID_ARGUMENT,
    HTTPStatus.SERVICE_UNAVAILABLE: code_pb2.UNAVAILABLE,
}
_LOG = logging.getLogger(__name__)


class HttpReceiver:
    """Takes requests by HTTP.

    Args:
        intake: takes what they hold.
        bodies: reads them within bounds.
        at_work: how many are worked on at once, by all receivers together.
    """

    def __init__(self, intake: Intake, bodies: BodyReader, at_work: CapacityLimiter) -> None:
        self._intake = intake
        self._bodies = bodies
        self._at_work = at_work

    def routes(self) -> list[Route]:
        """Make a route for each signal."""
        return [Route(signal.path, self._endpoint(signal), methods=["POST"]) for signal in SIGNALS]

    def _endpoint(self, signal: Signal) -> Callable[[Request], Awaitable[Response]]:
        async def export(request: Request) -> Response:
            content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            try:
                if content_type not in {PROTOBUF, JSON}:
                    raise _wrong_content_type(content_type)
                taken = await self._take(signal, request, content_type)
            except BodyError as error:
                return _failure(content_type, error)
            except ClientDisconnect:
                return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
            return _response(content_type, signal.answer(taken.refused, taken.reason), HTTPStatus.OK)

        return export

    async def _take(self, signal: Signal, request: Request, content_type: str) -> Taken:
        coding = request.headers.get("content-encoding", "")
        async with self._bodies.read(request.stream(), request.headers.get("content-length")) as body:
            work = partial(self._unpack_and_take, signal, body, coding, content_type)
            return await to_thread.run_sync(work, limiter=self._at_work)

    def _unpack_and_take(self, signal: Signal, body: bytes, coding: str, content_type: str) -> Taken:
        unpacked = self._bodies.unpack(body, coding)
        try:
            if content_type == JSON:
                unpacked = json_to_protobuf(unpacked, signal.request)
            return self._intake.take(signal, unpacked)
        except (MalformedRequestError, NothingTakenError) as error:
            raise BodyError(HTTPStatus.BAD_REQUEST, str(error)) from None


def _wrong_content_type(given: str) -> BodyError:
    message = f"content type {given!r}: expected {PROTOBUF} or {JSON}"
    return BodyError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, {"accept": f"{PROTOBUF}, {JSON}"})


def _failure(content_type: str, error: BodyError) -> Response:
    _LOG.warning("an export request was refused with %d: %s", error.status, error)
    body_type = PROTOBUF if content_type == PROTOBUF else JSON
    return _response(body_type, status(_CODES[error.status], str(error)), error.status, error.headers)


def _response(
    content_type: str, message: Message, http_status: HTTPStatus, headers: dict[str, str] | None = None
) -> Response:
    if content_type == JSON:
        body = json_format.MessageToJson(message, indent=None).encode()
    else:
        body = message.SerializeToString()
    return Response(body, http_status, headers, media_type=content_type)
