"""What docs/how-to/observability.md has a newcomer type, typed into one shell."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import pytest

from faults.flags import FlagFile
from stack.compose.project import ComposeStack
from stack.observability.queries import firing
from stack.places import ROOT
from stack.probes.polling import until

WITHIN = 60.0  # seconds
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "-- this block has ended --"

Type = Callable[[str], Awaitable[str]]


@pytest.fixture
async def shell(observed: ComposeStack, flags: FlagFile) -> AsyncIterator[Type]:
    """Give what types a block, and gives what that prints; the stack is up already, so Docker is not asked for it."""
    bash = await asyncio.create_subprocess_exec(
        *(shutil.which("bash") or "bash", "-u"),
        cwd=ROOT,
        # PYTHON makes the environment, which is the one that this runs in: it is there.
        env=os.environ
        | {"JWT_KEY": observed.secret("gateway", "jwt-key"), "FAULT_FLAGS": str(flags.path), "PYTHON": "true"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert bash.stdin is not None
    assert bash.stdout is not None
    keyboard, screen = bash.stdin, bash.stdout

    async def typed(block: str) -> str:
        lines = [line for line in block.splitlines() if not line.startswith("docker compose")]
        keyboard.write("\n".join([*lines, f"echo; echo '{END}'", ""]).encode())
        printed: list[str] = []
        async with asyncio.timeout(WITHIN):
            while (line := (await screen.readline()).decode().rstrip("\n")) != END:
                printed.append(line)
        return "\n".join(printed)

    yield typed
    os.killpg(bash.pid, signal.SIGKILL)  # the customer, too
    await bash.wait()
    flags.clear()


def block(text: str) -> str:
    """Give the block of the walk that has a text."""
    document = (ROOT / "docs" / "how-to" / "observability.md").read_text(encoding="utf-8")
    walk = document.partition("## In ten minutes")[2].partition("\n## ")[0]
    (found,) = [each for each in BLOCK.findall(walk) if text in each]
    return str(found)


async def test_the_walk_shows_a_dashboards_data_a_log_line_of_a_trace_and_an_alert(
    shell: Type, http: httpx.AsyncClient
) -> None:
    async def answer(text: str) -> Any:
        return json.loads(await shell(block(text)))

    await shell(block("faults off\ndocker"))
    await shell(block("CUSTOMER="))

    await until(partial(answer, ":9090/api/v1/query"), asks_for_orders, WITHIN)
    await until(partial(answer, ":3100/loki"), lambda found: bool(found["data"]["result"]), WITHIN)
    await shell(block("faults on order-handler-bug"))
    await until(partial(answer, ":16687/api/alerts"), fires, WITHIN)
    await shell(".venv/bin/python -m faults off")
    await until(partial(firing, http), lambda found: not found, WITHIN)


def asks_for_orders(answer: Any) -> bool:
    return "/v1/orders" in {each["metric"].get("http_route") for each in answer["data"]["result"]}


def fires(answer: Any) -> bool:
    return "ErrorBudgetBurnFast" in {alert["labels"]["alertname"] for alert in answer["alerts"] if alert["firing"]}
