"""Runs the stack with one way of sampling, and counts what is left of the orders that were placed."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path

import httpx

from bench.processes import cpu_seconds, memory_bytes
from faults.catalogue import load
from faults.flags import Audience, FlagFile
from stack.e2e.stacks import ITEM
from stack.local import LocalStack
from stack.sampling.collector import Collector
from stack.sampling.ways import WATCHED, Way
from stack.trace_stores import ConsoleProgram

TENANTS = (WATCHED, *(f"tenant-{number}" for number in range(9)))

_FAULTS = {"order-handler-bug": Audience(share=0.02), "slow-query": Audience(share=0.02)}
_SLOW = 1.0  # seconds that the slow statement takes
_AT_ONCE = 8
_IDS_AT_ONCE = 50
_ROOM = {"MAX_SPANS": "500000", "MAX_TRACES": "100000", "MAX_MEMORY_MIB": "2048"}
_SETTLED_AFTER = 8.0  # seconds without a new span: the collector decides after five
_POLL = 0.5
_WITHIN = 30.0


class Kind(StrEnum):
    """What became of an order."""

    FAILED = "failed"
    SLOW = "slow"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that was asked for.

    Attributes:
        trace_id: Its trace's, whether or not it was kept.
        kind: What became of it.
        tenant: Whose it is.
    """

    trace_id: str
    kind: Kind
    tenant: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run showed.

    Attributes:
        way: How was sampled.
        placed: The orders.
        spans: How many spans of an order's trace were kept; no entry for a trace of which none was.
        sent: How many spans left the services, those of orders and a few others.
        stored: How many of these were kept.
        service_cpu: Seconds that the services used for the orders.
        counted: The orders that span metrics know of; None where nobody makes any.
        collector_cpu: The same of the collector.
        collector_memory: Bytes that it held at the end.
    """

    way: Way
    placed: Sequence[Placed]
    spans: Mapping[str, int]
    sent: int
    stored: int
    service_cpu: float
    counted: int | None = None
    collector_cpu: float = 0.0
    collector_memory: int = 0


def run(way: Way, orders: int, folder: Path, collector: Path | None, seed: int = 1) -> Outcome:
    """Place orders, 2 % of which fail and 2 % of which are slow, and see which traces are there afterwards.

    Args:
        way: How is sampled.
        orders: How many.
        folder: A new one, for all that is written.
        collector: Its program, for the ways that need one.
        seed: Of who orders.

    Raises:
        stack.processes.program.ProcessError: A program did not start, or ended.
    """
    with ExitStack() as running:
        store = running.enter_context(ConsoleProgram(folder, more=_ROOM))
        between = None
        if way.in_collector and collector is not None:
            between = running.enter_context(Collector(collector, store.otlp_url, folder))
        flags = FlagFile(folder / "flags.json", load().flags)
        stack = running.enter_context(
            LocalStack(
                folder,
                otlp_url=between.otlp_url if between else store.otlp_url,
                flags=flags,
                more=way.settings(folder),
            )
        )
        flags.switch(_FAULTS)
        pids = [stack.pid(name) for name in stack.parts]
        tenants = random.Random(seed).choices(TENANTS, k=orders)  # noqa: S311  a load, not a secret
        users = _users(stack)
        before = sum(map(cpu_seconds, pids))
        placed = asyncio.run(_order(stack, users, tenants))
        used = sum(map(cpu_seconds, pids)) - before
        _settle(store.query_url)
        return Outcome(
            way,
            placed,
            _kept(store.query_url, placed),
            sent=between.calls() if between else _stored(store.query_url),
            stored=_stored(store.query_url),
            service_cpu=used,
            counted=between.calls("gateway", "POST /v1/orders") if between else None,
            collector_cpu=cpu_seconds(between.program.pid) if between else 0.0,
            collector_memory=memory_bytes(between.program.pid) if between else 0,
        )


def _users(stack: LocalStack) -> dict[str, str]:
    """Make a user of each tenant."""
    made = {}
    with httpx.Client(base_url=stack.gateway_url, trust_env=False, timeout=_WITHIN) as client:
        for tenant in TENANTS:
            body = {"email": "ada@example.com", "name": "Ada Lovelace"}
            answer = client.post("/v1/users", json=body, headers=_bearer(stack, tenant))
            made[tenant] = str(answer.raise_for_status().json()["user_id"])
    return made


async def _order(stack: LocalStack, users: Mapping[str, str], tenants: Sequence[str]) -> list[Placed]:
    waiting = iter(tenants)
    placed: list[Placed] = []
    headers = {tenant: _bearer(stack, tenant) for tenant in users}
    async with httpx.AsyncClient(base_url=stack.gateway_url, trust_env=False, timeout=_WITHIN) as client:

        async def customer() -> None:
            for tenant in waiting:
                began = time.monotonic()
                body = {"user_id": users[tenant], "items": [ITEM]}
                answer = await client.post("/v1/orders", json=body, headers=headers[tenant])
                kind = _kind(answer, time.monotonic() - began)
                placed.append(Placed(answer.headers["x-trace-id"], kind, tenant))

        async with asyncio.TaskGroup() as customers:
            for _ in range(_AT_ONCE):
                customers.create_task(customer())
    return placed


def _kind(answer: httpx.Response, seconds: float) -> Kind:
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Kind.FAILED
    answer.raise_for_status()
    return Kind.SLOW if seconds >= _SLOW else Kind.USUAL


def _bearer(stack: LocalStack, tenant: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.token(tenant)}"}


def _settle(query_url: str) -> None:
    """Return when no span has come for a while."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < _SETTLED_AFTER:
        now = _stored(query_url)
        if now != seen:
            seen, since = now, time.monotonic()
        time.sleep(_POLL)


def _stored(query_url: str) -> int:
    return int(httpx.get(f"{query_url}/api/usage", trust_env=False).json()["traces"]["spans"])


def _kept(query_url: str, placed: Sequence[Placed]) -> Counter[str]:
    spans: Counter[str] = Counter()
    ids = [order.trace_id for order in placed]
    with httpx.Client(base_url=query_url, trust_env=False, timeout=_WITHIN) as client:
        for begin in range(0, len(ids), _IDS_AT_ONCE):
            answer = client.get("/api/traces", params={"traceID": ids[begin : begin + _IDS_AT_ONCE]})
            spans.update({trace["traceID"].zfill(32): len(trace["spans"]) for trace in answer.json()["data"]})
    return spans
