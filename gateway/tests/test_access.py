from __future__ import annotations

import logging

import httpx
import pytest


async def test_each_request_is_one_line_without_its_query(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway.access")

    await client.get("/v1/users?limit=1")
    await client.get("/nothing%0Ahere?secret=1")
    await client.get("/livez")
    await client.get("/readyz")

    lines = [record.getMessage() for record in caplog.records if record.name == "gateway.access"]
    assert [line.rsplit(" ", 2)[0] for line in lines] == ["GET /v1/users 200", "GET /nothing%0Ahere 404"]
