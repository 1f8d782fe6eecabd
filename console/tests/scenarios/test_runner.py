from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from console.scenarios import LoadBounds, LoadError, Runner, Shop
from faults.catalogue import CatalogueError, load
from faults.flags import FlagFile

TRACE = "ab" * 16


class Gateway:
    """Answers as the gateway does, and remembers what it was asked, and which faults were on."""

    def __init__(self, flags: Path) -> None:
        self.asked: list[httpx.Request] = []
        self.on: list[set[str]] = []
        self.answers_orders = asyncio.Event()
        self.answers_orders.set()
        self.status = 201
        self._flags = flags

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.on.append(self._faults())
        if request.url.path == "/v1/orders":
            await self.answers_orders.wait()
        made = {"user_id": "u1", "order_id": "o1"}
        return httpx.Response(self.status, json=made, headers={"x-trace-id": TRACE})

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]

    def _faults(self) -> set[str]:
        if not self._flags.exists():
            return set()
        flags = json.loads(self._flags.read_text())["flags"]
        return {name for name, flag in flags.items() if flag["defaultVariant"] == "on"}


@pytest.fixture
def flags(tmp_path: Path) -> FlagFile:
    return FlagFile(tmp_path / "flags.json", load().flags)


@pytest.fixture
def gateway(flags: FlagFile) -> Gateway:
    return Gateway(flags.path)


@pytest.fixture
async def runner(gateway: Gateway, flags: FlagFile) -> AsyncIterator[Runner]:
    transport = httpx.MockTransport(gateway)
    async with (
        Shop("http://gateway", lambda tenant: f"token of {tenant}", transport) as shop,
        Runner(shop, flags, LoadBounds(rate=50, seconds=2)) as running,
    ):
        yield running


async def test_an_order_is_placed_for_a_customer_who_is_made_once(runner: Runner, gateway: Gateway) -> None:
    await runner.place_order()
    await runner.place_order()
    assert gateway.paths == ["/v1/users", "/v1/orders", "/v1/orders"]
    assert {request.headers["authorization"] for request in gateway.asked} == {"Bearer token of acme"}
    assert len({request.headers["idempotency-key"] for request in gateway.asked[1:]}) == 2
    latest = runner.results[0]
    assert (latest.title, latest.answered.status, latest.answered.trace_id) == ("Place an order", 201, TRACE)
    assert latest.is_expected


async def test_a_failure_is_on_for_its_request_alone(runner: Runner, gateway: Gateway) -> None:
    gateway.status = 201
    await runner.meet("slow-query")
    assert gateway.on[-1] == {"slow-query"}
    assert set().union(*gateway.on[:-1]) == set()
    await runner.place_order()
    assert gateway.on[-1] == set()
    assert [result.title for result in runner.results] == ["Place an order", load().get("slow-query").title]


async def test_another_answer_than_the_catalogues_is_not_what_is_expected(runner: Runner) -> None:
    await runner.meet("user-not-found")
    assert (runner.results[0].expected, runner.results[0].answered.status) == (404, 201)
    assert not runner.results[0].is_expected


async def test_a_caller_that_leaves_has_no_answer_and_its_own_trace(runner: Runner, gateway: Gateway) -> None:
    (leaving,) = [fault.id for fault in load() if fault.caller and fault.caller.leaves_after]
    gateway.answers_orders.clear()
    await runner.meet(leaving)
    answered = runner.results[0].answered
    assert (answered.status, answered.problem) == (None, "hung up")
    assert answered.trace_id == gateway.asked[-1].headers["traceparent"].split("-")[1]
    assert runner.results[0].is_expected


async def test_without_flags_there_are_no_failures(gateway: Gateway) -> None:
    async with Shop("http://gateway", str, httpx.MockTransport(gateway)) as shop, Runner(shop) as running:
        assert running.catalogue == []
        with pytest.raises(CatalogueError, match="fault='no-such'"):
            await running.meet("no-such")


async def test_a_gateway_that_is_not_there_is_told(runner: Runner, gateway: Gateway) -> None:
    gateway.status = 503
    await runner.place_order()
    assert runner.results[0].answered.problem == "POST /v1/users: 503"


async def test_a_load_sends_what_was_asked_for(runner: Runner, gateway: Gateway) -> None:
    runner.start_load(50, 1)
    assert runner.load is not None
    await runner.load.finished()
    assert (runner.load.sent, runner.load.held_back) == (50, 0)
    assert runner.load.answers == {"201": 50}
    assert gateway.paths.count("/v1/orders") == 50
    assert gateway.paths.count("/v1/users") == 1
    assert runner.load.percentile(0.5) is not None
    assert not runner.load.runs


async def test_a_load_never_has_more_than_64_under_way_and_can_be_stopped(runner: Runner, gateway: Gateway) -> None:
    gateway.answers_orders.clear()
    runner.start_load(50, 2)
    assert runner.load is not None
    while not runner.load.held_back:  # noqa: ASYNC110  a load has no event for it
        await asyncio.sleep(0.01)
    assert runner.load.sent == 64
    await runner.stop_load()
    assert not runner.load.runs


@pytest.mark.parametrize(
    ("rate", "seconds", "said"), [(0, 1, "rate=0: expected 1 to 50"), (1, 3, "seconds=3: expected 1 to 2")]
)
async def test_a_load_has_bounds(runner: Runner, rate: int, seconds: int, said: str) -> None:
    with pytest.raises(LoadError, match=said):
        runner.start_load(rate, seconds)


async def test_there_is_one_load_at_a_time(runner: Runner, gateway: Gateway) -> None:
    gateway.answers_orders.clear()
    runner.start_load(1, 1)
    with pytest.raises(LoadError, match="a load is running"):
        runner.start_load(1, 1)
