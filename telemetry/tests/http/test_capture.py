from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response

from telemetry import Capture, Telemetry


async def test_headers_and_parameters_are_shown_when_they_are_asked_for(
    telemetry: Telemetry, spans: list[Any], ask: Any
) -> None:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})

    @app.get("/")
    async def get(response: Response) -> None:
        response.headers["X-Cost"] = "3"
        response.headers["Set-Cookie"] = "session=hunter2"

    capture = Capture(
        request_headers=("Content-Type", "authorization", "X-Note"),
        response_headers=("x-cost", "set-cookie"),
        query=("limit", "token"),
    )
    headers = [
        ("content-type", "text/plain"),
        ("authorization", "Bearer hunter2"),
        ("x-note", "from ada@example.com"),
        ("x-note", "second"),
        ("x-other", "hunter2"),
        ("cookie", "hunter2"),
        ("user-agent", "robot of ada@example.com"),
    ]
    query = "limit=5&token=hunter2&name=hunter2"
    await ask(telemetry.asgi(app, capture=capture), "GET", f"/?{query}", headers=headers)

    attributes = spans[0].attributes
    assert attributes["http.request.header.content-type"] == ("text/plain",)
    assert attributes["http.request.header.authorization"] == ("REDACTED",)
    assert attributes["http.request.header.x-note"] == ("from REDACTED", "second")
    assert attributes["http.response.header.x-cost"] == ("3",)
    assert attributes["http.response.header.set-cookie"] == ("REDACTED",)
    assert attributes["url.query"] == "limit=5&token=REDACTED&name=REDACTED"
    assert attributes["user_agent.original"] == "robot of REDACTED"
    assert "http.request.header.x-other" not in attributes
    assert "hunter2" not in spans[0].to_json()


async def test_by_default_no_header_and_no_value_of_the_query_is_shown(
    telemetry: Telemetry, spans: list[Any], ask: Any
) -> None:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})

    await ask(telemetry.asgi(app), "GET", "/?q=hunter2", headers={"x-api-key": "hunter2", "cookie": "hunter2"})

    assert spans[0].attributes["url.query"] == "q=REDACTED"
    assert "hunter2" not in spans[0].to_json()
