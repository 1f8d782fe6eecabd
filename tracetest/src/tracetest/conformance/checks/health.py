"""Health checks, as load balancers and orchestrators make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic, sleep

import grpc
from grpc import StatusCode
from grpc_health.v1 import health_pb2

from tracetest.conformance.errors import require
from tracetest.conformance.instance import Instance
from tracetest.conformance.subject import Subject

_CHECK = "/grpc.health.v1.Health/Check"
_WITHIN = 3.0
_POLL = 0.05
_SPANS = ("grpc.health", "grpc.reflection")


def health(subject: Subject) -> None:
    """Ask for the server as a whole, for each of its services, and for one that nobody has."""
    instance = subject.running
    problems = [_differs(instance, name, "SERVING") for name in ("", *_services(instance))]
    problems.append(_differs(instance, "conformance.v1.NobodysService", "NOT_FOUND"))
    if instance.sink is not None:
        instance.served(instance.account.call(instance.account.working[0]))
        problems += sorted({f"it leaves spans: {each.name}" for each in instance.sink.spans if _SPANS[0] in each.name})
    require(*problems)


def readiness(subject: Subject) -> None:
    """Check a server whose database is unavailable: it is alive, and its services are not ready."""
    instance = subject.without_database
    names = _services(instance)
    problems = [_differs(instance, name, "NOT_SERVING") for name in names]
    require(*problems, _differs(instance, "", "SERVING"))


def answer(channel: grpc.Channel, service: str) -> str:
    """Ask once; give the status, or the code of a call that failed."""
    check: Callable[..., health_pb2.HealthCheckResponse] = channel.unary_unary(
        _CHECK,
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    try:
        status = check(health_pb2.HealthCheckRequest(service=service), timeout=1.0).status
    except grpc.RpcError as error:
        code: StatusCode = error.code()
        return code.name
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(status))


def _services(instance: Instance) -> Sequence[str]:
    return list(dict.fromkeys(method.service for method in instance.methods))


def _differs(instance: Instance, service: str, expected: str) -> str:
    """Wait for the answer that is expected; say what came instead."""
    ends_at = monotonic() + _WITHIN
    while (seen := answer(instance.channel, service)) != expected:
        if monotonic() > ends_at:
            return f"health of {service or 'the server'!r} is {seen} after {_WITHIN:g} s, expected {expected}"
        sleep(_POLL)
    return ""
