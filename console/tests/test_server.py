from __future__ import annotations

import httpx


async def test_it_says_that_it_lives(client: httpx.AsyncClient) -> None:
    answer = await client.get("/livez")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_an_unknown_path_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/nothing")).status_code == 404


async def test_errors_have_the_shape_of_jaegers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/traces/" + "ab" * 16)
    body = '{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}\n'
    assert (answer.status_code, answer.text) == (404, body)


async def test_json_can_be_asked_for_with_indentation(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/services?prettyPrint=true")).text.startswith('{\n    "data": null,\n')


async def test_foreign_hosts_and_pages_are_refused_everywhere(client: httpx.AsyncClient) -> None:
    for path in ("/", "/livez", "/api/services", "/v1/traces", "/nothing"):
        assert (await client.get(path, headers={"host": "evil.example"})).status_code == 403
        assert (await client.post(path, headers={"origin": "http://evil.example"})).status_code == 403


async def test_the_configured_host_is_let_in(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez", headers={"host": "127.0.0.1:16686"})).status_code == 200
