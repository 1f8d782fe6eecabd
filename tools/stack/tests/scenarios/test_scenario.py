from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from faults.catalogue import load
from faults.flags import FlagFile
from faults.scenario import Scenario
from stack.probes.polling import NotInTimeError
from stack.scenarios.injection import Faulty
from stack.scenarios.scenario import Meeting
from tracetest import Memory, TracedClient

USER = {"user_id": "8f0f3c1e-3c5e-4d9e-9c58-3f0d0f6f6a11"}


@pytest.fixture
def requests() -> list[httpx.Request]:
    """Give the orders that were asked for."""
    return []


@pytest.fixture
def meeting(tmp_path: Path, requests: list[httpx.Request]) -> Callable[..., Meeting]:
    """Make what meets faults at a gateway that is ready, and answers orders with these, one after another."""

    def make(*statuses: int) -> Meeting:
        left = list(statuses)

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path != "/v1/orders":
                return httpx.Response(201 if request.method == "POST" else 200, json=USER)
            requests.append(request)
            return httpx.Response(left.pop(0) if len(left) > 1 else left[0])

        http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://gateway")
        scenario = Scenario(http, lambda tenant: f"token of {tenant}", "acme")
        faulty = Faulty(None, FlagFile(tmp_path / "flags.json", load().flags))
        return Meeting(faulty, TracedClient(http, Memory()), scenario)

    return make


async def test_an_outage_is_over_when_who_calls_what_was_down_has_found_it_again(
    meeting: Callable[..., Meeting], requests: list[httpx.Request]
) -> None:
    await meeting(503, 503, 201).until_over(load().get("user-down"))

    assert len(requests) == 3
    assert {request.headers["traceparent"][-2:] for request in requests} == {"00"}  # nobody records them


async def test_an_outage_that_does_not_end_is_told(
    meeting: Callable[..., Meeting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.probes.readiness._WITHIN", 0.0)

    with pytest.raises(NotInTimeError, match="503"):
        await meeting(503).until_over(load().get("user-down"))


async def test_where_nothing_was_down_no_request_tells(
    meeting: Callable[..., Meeting], requests: list[httpx.Request]
) -> None:
    await meeting(503).until_over(load().get("user-slow"))

    assert requests == []
