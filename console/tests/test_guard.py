from __future__ import annotations

import httpx
import pytest
from starlette.responses import PlainTextResponse

from console.guard import Guard

APP = Guard(PlainTextResponse("inside"), hosts=["console.test"])


async def answer(headers: list[tuple[str, str]]) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=APP), base_url="http://127.0.0.1:16686") as client:
        return await client.get("/", headers=headers)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:16686", "127.0.0.1", "localhost", "LocalHost:1", "[::1]:16686", "console.test", "Console.Test:80"],
)
async def test_its_own_names_are_let_in(host: str) -> None:
    assert (await answer([("host", host)])).text == "inside"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:16686",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1:16686@evil.example",
        "127.0.0.1/../",
        "localhost:x",
        "[::2]",
        "0.0.0.0",  # noqa: S104  a name that must be refused, nothing is bound
        " localhost x",
    ],
)
async def test_foreign_names_are_refused(host: str) -> None:
    refused = await answer([("host", host)])
    assert refused.status_code == 403
    assert refused.text.startswith("Host: ")


async def test_two_hosts_are_refused() -> None:
    assert (await answer([("host", "localhost"), ("host", "localhost")])).status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost:16686", "https://localhost:16686", "HTTP://LOCALHOST:16686"])
async def test_its_own_pages_are_let_in(origin: str) -> None:
    assert (await answer([("host", "localhost:16686"), ("origin", origin)])).text == "inside"


@pytest.mark.parametrize(
    "origin", ["null", "", "http://evil.example", "http://localhost", "http://localhost:8000", "http://127.0.0.1:16686"]
)
async def test_pages_of_other_sites_are_refused(origin: str) -> None:
    refused = await answer([("host", "localhost:16686"), ("origin", origin)])
    assert refused.status_code == 403
    assert refused.text.startswith("Origin: ")


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
async def test_every_answer_carries_the_security_headers(host: str) -> None:
    headers = (await answer([("host", host)])).headers
    policy = headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert not any("unsafe" in rule or "http" in rule or "*" in rule for rule in policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
