from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from console.scenarios import Runner, Shop
from console.server import build
from console.settings import Settings
from console.stores import Stores
from faults.catalogue import load
from faults.flags import FlagFile

ORIGIN = {"origin": "http://127.0.0.1:16686"}
POSTS = ("order", "fault", "load", "stop")


@pytest.fixture
async def console(stores: Stores, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a console with scenarios whose gateway is not there."""

    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody is there", request=request)

    flags = FlagFile(tmp_path / "flags.json", load().flags)
    async with (
        Shop("http://gateway", str, httpx.MockTransport(nobody)) as shop,
        Runner(shop, flags) as runner,
        _client(build(Settings(), stores, runner=runner).app) as client,
    ):
        yield client


def _client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:16686")


async def token(console: httpx.AsyncClient) -> str:
    found = re.search('name="token" value="([^"]+)"', (await console.get("/scenarios")).text)
    assert found
    return found[1]


async def test_a_page_of_the_console_runs_a_scenario(console: httpx.AsyncClient) -> None:
    form = {"token": await token(console)}
    answer = await console.post("/scenarios/order", data=form, headers=ORIGIN, follow_redirects=True)
    assert answer.status_code == 200
    assert "nobody is there" in answer.text


@pytest.mark.parametrize("name", POSTS)
async def test_a_form_without_the_secret_is_refused(console: httpx.AsyncClient, name: str) -> None:
    for form in ({"fault": "slow-query"}, {"token": ""}, {"token": "guessed"}, {"token": "ümlaut"}):
        answer = await console.post(f"/scenarios/{name}", data=form, headers=ORIGIN)
        assert (answer.status_code, answer.text[:6]) == (403, "token:")


@pytest.mark.parametrize("name", POSTS)
async def test_a_form_that_does_not_say_where_it_comes_from_is_refused(console: httpx.AsyncClient, name: str) -> None:
    form = {"token": await token(console)}
    for headers in (
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example"},
    ):
        answer = await console.post(f"/scenarios/{name}", data=form, headers=headers)
        assert (answer.status_code, answer.text[:7]) == (403, "Origin:")


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"a=" + b"b" * 5_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe=1", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % number for number in range(20)), "application/x-www-form-urlencoded", 400),
    ],
)
async def test_what_is_no_form_is_refused(
    console: httpx.AsyncClient, content: bytes, content_type: str, status: int
) -> None:
    answer = await console.post("/scenarios/order", content=content, headers={**ORIGIN, "content-type": content_type})
    assert answer.status_code == status


async def test_a_failure_that_has_no_button_is_not_run(console: httpx.AsyncClient) -> None:
    form = {"token": await token(console), "fault": "<script>"}
    assert (await console.post("/scenarios/fault", data=form, headers=ORIGIN)).status_code == 404


@pytest.mark.parametrize("rate", ["0", "51", "-1", "1e3", "many", "", "9" * 5_000])
async def test_a_load_out_of_bounds_is_refused_in_a_line(console: httpx.AsyncClient, rate: str) -> None:
    form = {"token": await token(console), "rate": rate[:3_000], "seconds": "1"}
    answer = await console.post("/scenarios/load", data=form, headers=ORIGIN)
    assert answer.status_code == 400
    assert re.search(r"rate=\d+: expected 1 to 50", answer.text)


async def test_a_console_without_a_gateway_has_no_such_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/scenarios")).status_code == 404
    assert "/scenarios" not in (await client.get("/")).text
