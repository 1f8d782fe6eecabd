"""What holds of the containers as such: who may reach them, what they may do, what they weigh."""

from __future__ import annotations

import asyncio
import json
import subprocess
from datetime import datetime

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from stack.compose.project import ComposeError, ComposeStack
from stack.services import services

SERVICES = ("gateway", *(service.name for service in services()))
DATABASES = tuple(service.name for service in services() if service.database)
ONCE = ("secrets", "jaeger-volume", "databases", *(f"{name}-migrate" for name in DATABASES))
AS_ROOT = ("secrets", "jaeger-volume")  # one-shots that hand volumes to others
BUILD_TOOLS = ("pip", "setuptools", "wheel", "hatchling", "uv", "grpc_tools")
MEBIBYTE = 1024 * 1024


def test_everything_came_up_in_order(compose: ComposeStack) -> None:
    containers = compose.containers()

    def started(service: str) -> datetime:
        return datetime.fromisoformat(containers[service].started_at)

    assert {name: containers[name].exit_code for name in ONCE} == dict.fromkeys(ONCE, 0)
    assert {c.service: c.health for c in containers.values() if c.service not in ONCE} == {
        **dict.fromkeys(SERVICES, "healthy"),
        "postgres": "healthy",
        "collector": "",  # these two images hold nothing to ask with
        "jaeger": "",
    }
    for name in DATABASES:
        assert started("secrets") < started("databases") < started(f"{name}-migrate") < started(name)


def test_databases_that_there_are_stay_as_they_are(compose: ComposeStack) -> None:
    service, database = services()[0].name, services()[0].database

    compose.run("databases", f"{service}={database}")


async def test_a_service_that_comes_later_gets_its_database(compose: ComposeStack) -> None:
    names = [service.name for service in services() if service.database]
    await asyncio.to_thread(compose.run, "secrets", *names, "later")
    await asyncio.to_thread(compose.run, "databases", "later=laters")

    password = await asyncio.to_thread(compose.secret, "postgres", "later-password")
    connection = await asyncpg.connect(
        host="127.0.0.1", port=compose.postgres_port, user="later_app", password=password, database="laters"
    )
    await connection.close()


def test_the_collector_is_healthy(compose: ComposeStack) -> None:
    answer = compose.exec(
        "gateway", "python", "-c", "import urllib.request as r; print(r.urlopen('http://collector:13133').status)"
    )

    assert answer.strip() == "200"


def test_only_the_gateway_and_jaeger_are_published_and_on_loopback_alone(compose: ComposeStack) -> None:
    published = {name: container.published for name, container in compose.containers().items() if container.published}

    assert published == {
        "gateway": ("127.0.0.1:8000",),
        "jaeger": ("127.0.0.1:16686",),
        "postgres": (f"127.0.0.1:{compose.postgres_port}",),  # for the store tests, by tests/compose.yaml
    }


def test_containers_can_do_no_more_than_they_need(compose: ComposeStack) -> None:
    for name, container in compose.containers().items():
        host = container.host
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert [cap.removeprefix("CAP_") for cap in host["CapAdd"] or ()] == ["CHOWN"] * (name in AS_ROOT), name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["Memory"] > 0, name
        assert host["PidsLimit"] > 0, name
        assert (host["RestartPolicy"]["Name"] == "unless-stopped") == (name not in ONCE), name
        assert (container.user.split(":")[0] in ("", "0", "root")) == (name in AS_ROOT), name


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_may_fail_on_purpose(compose: ComposeStack, service: str) -> None:
    assert "FAULT" not in compose.exec(service, "env")


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_no_build_tools(compose: ComposeStack, service: str) -> None:
    found = compose.exec(
        service,
        "python",
        "-c",
        "import importlib.util as i, json, shutil, sys;"
        "print(json.dumps([n for n in sys.argv[1:] if i.find_spec(n) or shutil.which(n)]))",
        *BUILD_TOOLS,
        "gcc",
        "make",
    )

    assert json.loads(found) == []


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_adds_less_than_250_mb_to_its_base(compose: ComposeStack, service: str) -> None:
    image = compose.containers()[service].image
    command = ("docker", "history", "--human=false", "--no-trunc", "--format={{.Size}} {{.CreatedBy}}", image)
    history = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603  ours
    ours = next(n for n, layer in enumerate(history) if "Throughline" in layer)  # newest first; the LABEL is our first

    added = sum(int(layer.split()[0]) for layer in history[: ours + 1])

    assert 10 * 1000**2 < added < 250 * 1000**2


def test_the_stack_idles_below_one_and_a_half_gibibytes(compose: ComposeStack) -> None:
    used = compose.memory()

    assert used.keys() == {*SERVICES, "postgres", "collector", "jaeger"}
    assert sum(used.values()) < 1536, used


@pytest.mark.parametrize("service", [*SERVICES, *(f"{name}-migrate" for name in DATABASES)])
def test_a_service_reads_its_own_secret_and_no_other(compose: ComposeStack, service: str) -> None:
    own = {"gateway": "jwt-key"}.get(service, service.replace("-migrate", "-owner") + "-password")
    readable = (
        "import glob, os; print(*(os.path.basename(f) for f in glob.glob('/run/secrets/*') if os.access(f, os.R_OK)))"
    )

    assert compose.run(service, "python", "-c", readable).split() == [own]


async def test_traces_outlive_a_restart_of_jaeger(compose: ComposeStack) -> None:
    token = compose.exec("gateway", "python", "-m", "gateway.token", "acme").strip()
    async with httpx.AsyncClient() as http:
        url, headers = f"{compose.gateway_url}/v1/users", {"authorization": f"Bearer {token}"}
        trace_id = (await http.get(url, headers=headers)).headers["x-trace-id"]
        before = await _spans(http, compose, trace_id)

        await asyncio.to_thread(compose.kill, "jaeger")
        await asyncio.to_thread(compose.start, "jaeger")

        assert await _spans(http, compose, trace_id) == before


async def _spans(http: httpx.AsyncClient, compose: ComposeStack, trace_id: str) -> set[str]:
    """The trace's spans by name, once Jaeger has those of all three hops."""
    async with asyncio.timeout(30):
        while True:
            try:
                found = (await http.get(f"{compose.jaeger_url}/api/traces/{trace_id}")).json().get("data") or []
            except httpx.TransportError:  # it is just starting
                found = []
            names = {span["operationName"] for trace in found for span in trace["spans"]}
            if "SELECT users" in names and "GET /v1/users" in names:
                return names
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("service", DATABASES)
async def test_the_services_role_cannot_get_past_row_level_security(compose: ComposeStack, service: str) -> None:
    urls = await asyncio.to_thread(compose.store_test_environment)
    url = make_url(urls[f"{service.upper()}_STORE_TEST_URL"]).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        role = await connection.fetchrow("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        tables = await connection.fetch(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname !~ '_migrations$'"
        )
        assert role is not None
        assert not role["rolsuper"]
        assert not role["rolbypassrls"]
        assert tables
        assert all(table["relrowsecurity"] for table in tables), tables
        for table in tables:
            assert await connection.fetchval(f'SELECT count(*) FROM "{table["relname"]}"') == 0  # noqa: S608  from pg_class
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="must be owner"):
                await connection.execute(f'ALTER TABLE "{table["relname"]}" DISABLE ROW LEVEL SECURITY')
    finally:
        await connection.close()


async def test_the_services_role_cannot_enter_the_other_services_database(compose: ComposeStack) -> None:
    urls = await asyncio.to_thread(compose.store_test_environment)
    url = make_url(urls["USER_STORE_TEST_URL"]).set(drivername="postgresql", database="orders")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match='permission denied for database "orders"'):
        await asyncpg.connect(url.render_as_string(hide_password=False))


def test_the_gateway_has_no_way_to_the_database(compose: ComposeStack) -> None:
    with pytest.raises(ComposeError, match="gaierror"):
        compose.exec("gateway", "python", "-c", "import socket; socket.create_connection(('postgres', 5432), 3)")
