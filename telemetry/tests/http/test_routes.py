from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse

from telemetry import Telemetry


def make_app() -> FastAPI:
    return FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})


async def answer() -> None:
    return


@pytest.fixture
def api() -> FastAPI:
    """An application with routes of its own, included ones and mounted ones, each inside the other."""
    inner_router, outer_router = APIRouter(prefix="/inner"), APIRouter(prefix="/outer")
    inner_router.add_api_route("/{key}", answer)
    outer_router.add_api_route("/{key}", answer)
    outer_router.include_router(inner_router)
    deepest, mounted, app = make_app(), make_app(), make_app()
    deepest.add_api_route("/leaf/{key}", answer)
    deepest.include_router(outer_router, prefix="/deep")
    mounted.add_api_route("/items/{key}", answer)
    mounted.include_router(outer_router, prefix="/v2")
    mounted.mount("/deepest", deepest)
    app.add_api_route("/own/{key}", answer)
    app.include_router(outer_router, prefix="/v1")
    app.mount("/mounted", mounted)
    return app


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/own/1", "/own/{key}"),
        ("/v1/outer/1", "/v1/outer/{key}"),
        ("/v1/outer/inner/1", "/v1/outer/inner/{key}"),
        ("/mounted/items/1", "/mounted/items/{key}"),
        ("/mounted/v2/outer/1", "/mounted/v2/outer/{key}"),
        ("/mounted/v2/outer/inner/1", "/mounted/v2/outer/inner/{key}"),
        ("/mounted/deepest/leaf/1", "/mounted/deepest/leaf/{key}"),
        ("/mounted/deepest/deep/outer/1", "/mounted/deepest/deep/outer/{key}"),
        ("/mounted/deepest/deep/outer/inner/1", "/mounted/deepest/deep/outer/inner/{key}"),
        ("/nothing/here", None),
        ("/mounted/nothing", None),
    ],
)
async def test_a_route_is_told_by_its_whole_template(  # noqa: PLR0913, PLR0917  fixtures and parameters
    telemetry: Telemetry, spans: list[Any], api: FastAPI, ask: Any, path: str, route: str | None
) -> None:
    response = await ask(telemetry.asgi(api), "GET", path)

    assert response.status_code == (404 if route is None else 200)
    assert spans[0].attributes.get("http.route") == route
    assert spans[0].name == ("GET" if route is None else f"GET {route}")


async def test_a_prefix_that_a_proxy_took_off_is_no_part_of_the_route(
    telemetry: Telemetry, spans: list[Any], api: FastAPI
) -> None:
    transport = httpx.ASGITransport(telemetry.asgi(api), root_path="/proxied")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/proxied/own/1")
        await client.get("/proxied/mounted/items/1")

    assert [span.attributes["http.route"] for span in spans] == ["/own/{key}", "/mounted/items/{key}"]


@pytest.fixture
def mounts() -> FastAPI:
    """An application with mounts that have parameters, one inside the other, and with mounted plain applications."""
    inner, outer, app = make_app(), make_app(), make_app()
    inner.add_api_route("/items/{item}", answer)
    inner.add_api_route("/plain", answer)
    outer.mount("/areas/{area:int}", inner)
    outer.mount("/files", PlainTextResponse("file"))
    app.mount("/fixed", inner)
    app.mount("/tenants/{tenant}", outer)
    app.mount("/static", PlainTextResponse("file"))
    return app


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/tenants/a/areas/1/items/2", "/tenants/{tenant}/areas/{area}/items/{item}"),
        ("/tenants/b/areas/2/plain", "/tenants/{tenant}/areas/{area}/plain"),
        ("/fixed/items/1", "/fixed/items/{item}"),
        ("/static/app.css", "/static"),
        ("/tenants/a/files/1/2.css", "/tenants/{tenant}/files"),
        ("/tenants/a/areas/1/nothing", None),
        ("/tenants/a/areas/x/plain", None),
    ],
)
async def test_a_mount_is_named_by_its_template(  # noqa: PLR0913, PLR0917  fixtures and parameters
    telemetry: Telemetry, spans: list[Any], mounts: FastAPI, ask: Any, path: str, route: str | None
) -> None:
    await ask(telemetry.asgi(mounts), "GET", path)

    (span,) = spans
    assert (span.name, span.attributes.get("http.route")) == (f"GET {route}" if route else "GET", route)
