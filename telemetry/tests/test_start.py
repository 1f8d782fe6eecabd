"""The five-minute start of the README, followed as it stands: its files, its commands, and the tree that it shows."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
START = README[README.index("## Five-minute start") : README.index("## Packages")]
FILE = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```sh\n(python|uvicorn) (.*)\n```$", re.MULTILINE)
SPAN = re.compile(r"^\{$.*?^\}$", re.MULTILINE | re.DOTALL)
WITHIN = 30.0  # seconds


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextmanager
def running(folder: Path, program: str, arguments: str, port: str, printed: list[str]) -> Iterator[None]:
    """Run a command of the guide, and keep what it has printed when it was asked to stop."""
    command = [sys.executable, *(["-m", program] if program != "python" else []), *shlex.split(arguments)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  the guide's
        try:
            wait_for(port, process)
            yield
        finally:
            process.terminate()
            printed.append(process.communicate(timeout=WITHIN)[0])


def wait_for(port: str, process: subprocess.Popen[str]) -> None:
    ends_at = time.monotonic() + WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < ends_at
            time.sleep(0.05)  # between two tries
        else:
            return


def tree(spans: list[dict[str, Any]], parent: str | None = None, depth: int = 0) -> Iterator[str]:
    for span in spans:
        if span["parent_id"] == parent:
            service = span["resource"]["attributes"]["service.name"]
            yield f"{'  ' * depth}{service}  {span['name']}  {span['kind'].removeprefix('SpanKind.')}"
            yield from tree(spans, span["context"]["span_id"], depth + 1)


def test_the_start_leaves_the_trace_that_it_shows(tmp_path: Path) -> None:
    greeter, gateway = free_port(), free_port()
    for name, text in FILE.findall(START):
        (tmp_path / name).write_text(text.replace(":50051", f":{greeter}"), encoding="utf-8")
    (first, first_arguments), (second, second_arguments) = COMMAND.findall(START)
    printed: list[str] = []

    with (
        running(tmp_path, first, first_arguments, greeter, printed),
        running(tmp_path, second, second_arguments.replace("8000", gateway), gateway, printed),
    ):
        (url,) = re.findall(r"curl -i (\S+)", START)
        answer = httpx.get(url.replace("8000", gateway), timeout=WITHIN)

    assert answer.json() == "Hello, Ada!"
    spans = [json.loads(span) for text in printed for span in SPAN.findall(text)]
    assert {span["context"]["trace_id"] for span in spans} == {f"0x{answer.headers['x-trace-id']}"}
    (shown,) = re.findall(r"^```text\n(.*?)^```$", START, re.MULTILINE | re.DOTALL)
    assert list(tree(spans)) == shown.splitlines()
