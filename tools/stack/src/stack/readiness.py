"""Whether a program can do its work, asked the way its clients would."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from http import HTTPStatus

import grpc
import httpx
from grpc_health.v1 import health_pb2

_SECONDS = 1.0
_WITHIN = 40.0  # seconds that an outage may take to be over
_NEXT_TRY = 0.05  # seconds until the gateway is asked again


def http_answers(url: str) -> bool:
    """Tell whether a GET is answered with a success."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_SECONDS):
            return True
    except (OSError, urllib.error.URLError):
        return False


def grpc_serves(address: str, service: str) -> bool:
    """Tell whether the standard health service says SERVING."""
    request = health_pb2.HealthCheckRequest(service=service)
    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer: health_pb2.HealthCheckResponse = check(request, timeout=_SECONDS)
        except grpc.RpcError:
            return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING


async def until_ready(gateway: httpx.AsyncClient) -> None:
    """Wait until the gateway reaches all that it needs: after an outage its channels take up to a second for that."""
    async with asyncio.timeout(_WITHIN):
        while (await gateway.get("/readyz")).status_code != HTTPStatus.OK:  # noqa: ASYNC110  it is another process'
            await asyncio.sleep(_NEXT_TRY)
