"""What the documents tell people to do can be done."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from stack.local import LocalStack
from stack.places import ROOT
from tracetest import Backend

BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#([^)\s]+))?\)")
FOLDER = re.compile(r"`((?:[\w.-]+/)+)`")


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}")
    return found


def documents() -> list[str]:
    listing = (shutil.which("git") or "git", "ls-files", "*.md")
    found = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603  fixed words
    return found.stdout.split()


every_document = pytest.mark.parametrize("document", documents())


@every_document
def test_every_block_is_a_shell_script_that_can_be_read(document: str) -> None:
    for block in BLOCK.findall((ROOT / document).read_text(encoding="utf-8")):
        read = subprocess.run(  # noqa: S603  with -n it runs nothing
            (program("bash"), "-n"), input=block, capture_output=True, text=True, check=False
        )
        assert read.returncode == 0, f"{read.stderr}\n{block}"


@every_document
def test_every_link_within_the_repository_leads_somewhere(document: str) -> None:
    for path, anchor in LINK.findall((ROOT / document).read_text(encoding="utf-8")):
        target = ((ROOT / document).parent / path).resolve()
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target), f"{path}#{anchor}"


def anchors(document: Path) -> set[str]:
    """The names that GitHub gives to the headings, and those that a document gives itself."""
    text = document.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = set(re.findall(r'<a id="([\w-]+)"></a>', text))
    return named | {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_folder_of_the_map_is_there() -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {folder for row in rows for folder in FOLDER.findall(row.split("|")[1])}

    assert named
    assert {folder for folder in named if not (ROOT / folder).is_dir()} == set()


async def test_the_order_of_the_tutorial_is_placed_and_its_trace_is_there(
    local: LocalStack, jaeger: Backend, tenant: str
) -> None:
    """Typed as it stands, but for the port and the tenant: other tests have theirs, too."""
    program("curl")
    tutorial = ROOT / "docs" / "tutorials" / "first-trace.md"
    blocks = BLOCK.findall(tutorial.read_text(encoding="utf-8"))
    (block,) = [block for block in blocks if "/v1/orders" in block]
    typed = block.replace("http://127.0.0.1:8000", local.gateway_url).replace("acme", tenant)

    shell = await asyncio.create_subprocess_exec(
        *(program("bash"), "-euo", "pipefail", "-c", typed),
        cwd=ROOT,
        # PYTHON makes the environment, which is the one that this runs in: it is there.
        env=os.environ | {"JWT_KEY_FILE": str(local.key_file), "PYTHON": "true"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaints = (text.decode() for text in await shell.communicate())

    assert (shell.returncode, complaints) == (0, "")
    assert printed.startswith("HTTP/1.1 201 Created")
    (trace_id,) = re.findall(r"^x-trace-id: (\w+)", printed, re.MULTILINE)
    assert len(await jaeger.whole(trace_id)) == 7
