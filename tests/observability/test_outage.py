from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

import httpx

from stack.compose.project import ComposeStack
from stack.e2e.stacks import Shop
from stack.observability.profile import WATCHED_TENANT
from stack.probes.polling import until
from tracetest import TracedClient

GONE = 120.0  # seconds
EACH = 0.2  # seconds between the orders of one customer
CUSTOMERS = 3
AT_ONCE = 50
SENT_WITHIN = 90.0  # seconds after Jaeger is back


async def test_jaeger_gone_for_two_minutes_under_load_loses_no_trace(
    client: Callable[..., TracedClient], observed: ComposeStack, http: httpx.AsyncClient
) -> None:
    """The collector starts anew meanwhile: the queue is on disk."""
    shop = Shop(client(WATCHED_TENANT))
    user = await shop.user()
    ended = asyncio.Event()

    async def orders() -> list[str]:
        placed = []
        while not ended.is_set():
            placed.append((await shop.order(user)).response)
            await asyncio.sleep(EACH)
        assert {response.status_code for response in placed} == {201}
        return [response.headers["x-trace-id"] for response in placed]

    await asyncio.to_thread(observed.kill, "jaeger")
    began = time.monotonic()
    customers = [asyncio.create_task(orders()) for _ in range(CUSTOMERS)]
    try:
        await asyncio.sleep(GONE / 2)
        await asyncio.to_thread(observed.terminate, "collector-observability")
        await asyncio.to_thread(observed.start, "collector-observability")
        await asyncio.sleep(began + GONE - time.monotonic())
    finally:
        ended.set()
        await asyncio.to_thread(observed.start, "jaeger")
    placed = {trace_id for each in await asyncio.gather(*customers) for trace_id in each}

    missing = await until(
        partial(absent, http, f"{observed.jaeger_url}/api/traces", placed), lambda found: not found, SENT_WITHIN
    )

    assert len(placed) > GONE
    assert missing == set()


async def absent(http: httpx.AsyncClient, traces: str, wanted: set[str]) -> set[str]:
    """Tell which traces Jaeger does not have whole: seven spans each."""
    ids = sorted(wanted)
    found: set[str] = set()
    for begin in range(0, len(ids), AT_ONCE):
        answer = await http.get(traces, params={"traceID": ids[begin : begin + AT_ONCE]})
        found |= {trace["traceID"].zfill(32) for trace in answer.json()["data"] or () if len(trace["spans"]) == 7}
    return wanted - found
