"""Whether a program can do its work, asked the way its clients would."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Container
from http import HTTPStatus
from typing import Any

import grpc
import httpx
from grpc_health.v1 import health_pb2

from stack.probes.polling import until

_SECONDS = 1.0
_WITHIN = 40.0  # seconds that an outage may take to be over


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
    """Wait until the gateway reaches all that it needs: after an outage its channels take up to a second for that.

    Raises:
        NotInTimeError: It does not; says what it answers.
    """
    await until_answered(gateway, {HTTPStatus.OK}, "GET", "/readyz")


async def until_answered(
    gateway: httpx.AsyncClient, statuses: Container[int], method: str, path: str, **options: Any
) -> None:
    """Send a request until it is answered with one of these statuses; the options are those of httpx.

    Raises:
        NotInTimeError: It is not; says what the last answer was.
    """

    async def ask() -> tuple[int, str]:
        response = await gateway.request(method, path, **options)
        return response.status_code, response.text

    await until(ask, lambda answer: answer[0] in statuses, _WITHIN)
