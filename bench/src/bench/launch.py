"""One launch of one variant: three fresh processes, warmed up, loaded, flushed and counted."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from bench.counts import Counts
from bench.places import RUN, SOURCES, TELEMETRY
from bench.processes import Child
from bench.variants import Variant

ROLES = ("gateway", "order", "user")
_ANSWERED_WITHIN = 30.0
_ARRIVED_WITHIN = 10.0
_PROFILED_LONGER = 3
_LOOK_EVERY = 0.1


class WrongSpansError(Exception):
    """The receiver did not get what it should have; the launch counts for nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is done.

    Attributes:
        rounds: Launches of each variant.
        requests: Requests of a launch that are measured.
        warmup: Requests before them that are not.
        clients: Requests at a time.
        minutes: No round begins that would not end within these.
        limit: Seconds that the requests of a launch may take.
    """

    rounds: int
    requests: int
    warmup: int
    clients: int = 2
    minutes: float = 15.0
    limit: float = 60.0


@dataclass(frozen=True, slots=True)
class Launch:
    """What one launch took.

    Attributes:
        variant: Its name.
        round: From 1.
        requests: How many were measured.
        cpu: CPU seconds of each process.
        seconds: From the first request to the last answer.
        p50: Seconds.
        p99: Seconds.
        counts: What the receiver got.
    """

    variant: str
    round: int
    requests: int
    cpu: Mapping[str, float]
    seconds: float
    p50: float
    p99: float
    counts: Counts

    @property
    def cpu_of_request(self) -> float:
        """CPU seconds a request, of all processes together."""
        return sum(self.cpu.values()) / self.requests

    def as_json(self) -> str:
        """Give all of it on one line."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Receiver:
    """The running receiver, by its ports."""

    http: int
    grpc: int

    def reset(self) -> None:
        """Forget what came."""
        self._ask("reset", "POST")

    def counts(self) -> Counts:
        """Count what came since."""
        return Counts(**json.loads(self._ask("counts")))

    def _ask(self, path: str, method: str = "GET") -> bytes:
        with urlopen(Request(f"http://127.0.0.1:{self.http}/{path}", method=method), timeout=30) as answer:
            body: bytes = answer.read()
            return body


@dataclass(frozen=True, slots=True)
class Bench:
    """What all launches share.

    Attributes:
        pythons: The interpreter of each environment.
        receiver: Where the variants send to.
        plan: How much is done.
        other: The sources of another telemetry, for the variant "other".
    """

    pythons: Mapping[str, Path]
    receiver: Receiver
    plan: Plan
    other: Path = TELEMETRY

    async def launch(self, variant: Variant, number: int) -> Launch:
        """Measure one launch; raises ProcessError, WrongSpansError or OSError."""
        async with AsyncExitStack() as stack:
            services, port = await self._warm(stack, variant)
            before = [service.cpu_seconds() for service in services]
            seconds, each = await self._load(port, self.plan.requests)
            await _flush(services)
            used = [service.cpu_seconds() - began for service, began in zip(services, before, strict=True)]
            counts = await self._arrived(variant)
        each.sort()
        return Launch(
            variant=variant.name,
            round=number,
            requests=self.plan.requests,
            cpu=dict(zip(ROLES, used, strict=True)),
            seconds=seconds,
            p50=percentile(each, 50),
            p99=percentile(each, 99),
            counts=counts,
        )

    async def profile(self, variant: Variant) -> dict[str, float]:
        """Give the CPU seconds a request by package, of a longer launch that counts for nothing else."""
        requests = self.plan.requests * _PROFILED_LONGER
        async with AsyncExitStack() as stack:
            services, port = await self._warm(stack, variant)
            await _ask(services, "profile")
            before = [service.cpu_seconds() for service in services]
            await self._load(port, requests)
            await _flush(services)
            used = [service.cpu_seconds() - began for service, began in zip(services, before, strict=True)]
            shares = [json.loads(answer) for answer in await _ask(services, "profiled")]
        packages = dict.fromkeys(package for each in shares for package in each)
        return {
            package: sum(share.get(package, 0.0) * cpu for share, cpu in zip(shares, used, strict=True)) / requests
            for package in packages
        }

    async def _warm(self, stack: AsyncExitStack, variant: Variant) -> tuple[list[Child], int]:
        """Start the services, and give them with the gateway's port when they have served some requests."""
        services = [await stack.enter_async_context(await self._service(variant, role)) for role in ROLES]
        port = await _connect(services)
        await self._load(port, self.plan.warmup)
        await _flush(services)
        self.receiver.reset()
        return services, port

    async def _service(self, variant: Variant, role: str) -> Child:
        python = str(self.pythons[variant.environment])
        command = (python, "-P", "-m", "bench.service", role, variant.wiring)
        return await Child.start(role, command, self.environment(variant, role), RUN / f"{variant.name}-{role}.log")

    def environment(self, variant: Variant, role: str) -> dict[str, str]:
        """Give a service's environment variables: nothing of this process' own that could change what is measured."""
        telemetry = self.other if variant.name.startswith("other") else TELEMETRY
        common = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": os.pathsep.join(str(path) for path in (*SOURCES, telemetry)),
        }
        return common | self._destination(variant, role) | dict(variant.settings)

    def _destination(self, variant: Variant, role: str) -> dict[str, str]:
        if variant.protocol == "datadog":
            return {"DD_SERVICE": role, "DD_TRACE_AGENT_URL": f"http://127.0.0.1:{self.receiver.http}"}
        port = self.receiver.grpc if variant.protocol == "grpc" else self.receiver.http
        return {
            "OTEL_SERVICE_NAME": role,
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_EXPORTER_OTLP_PROTOCOL": variant.protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        }

    async def _load(self, port: int, requests: int) -> tuple[float, list[float]]:
        plan = self.plan
        python = str(self.pythons["opentelemetry"])
        command = (python, "-P", "-m", "bench.load", *map(str, (port, plan.clients, requests, plan.limit)))
        environment = {"PYTHONPATH": str(SOURCES[0])}
        async with await Child.start("load", command, environment, RUN / "load.log") as load:
            answer = json.loads(await load.line(plan.limit + 10))
        return answer["took"], answer["each"]

    async def _arrived(self, variant: Variant) -> Counts:
        """Count what came; what is still on its way gets a moment."""
        ends_at = asyncio.get_running_loop().time() + _ARRIVED_WITHIN
        while True:
            counts = self.receiver.counts()
            complaint = variant.expected.complaint(counts, self.plan.requests)
            if complaint is None:
                return counts
            if asyncio.get_running_loop().time() > ends_at:
                raise WrongSpansError(f"{variant.name}: {complaint}")
            await asyncio.sleep(_LOOK_EVERY)


def percentile(ordered: list[float], percent: int) -> float:
    """Give the smallest value that is not exceeded by that share of the values, which are in order."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


async def _connect(services: list[Child]) -> int:
    """Tell each service where the next one is, the last one first; give the gateway's port."""
    address = port = ""
    for service in reversed(services):
        service.tell(address)
        port = (await service.line()).removeprefix("ready ")
        address = f"127.0.0.1:{port}"
    return int(port)


async def _flush(services: list[Child]) -> None:
    await _ask(services, "flush")


async def _ask(services: list[Child], command: str) -> list[str]:
    for service in services:
        service.tell(command)
    return [await service.line(_ANSWERED_WITHIN) for service in services]
