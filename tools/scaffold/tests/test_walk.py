"""The commands of docs/how-to/copy-a-service.md, run in their order.

The environment is not downloaded again: what `make setup` would install is there already, and stamped so.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from scaffold.cloning import Clone
from scaffold.repository import git
from stack.jaeger.build import build_jaeger
from stack.places import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(900)  # a busy machine; each command is one of many
def test_every_command_of_the_walk_does_what_it_says(read_only: Clone, tmp_path: Path) -> None:
    jaeger = os.environ.get("JAEGER") or str(build_jaeger(lambda _text: None) or "")
    if not jaeger:
        pytest.skip("there is no Jaeger: set JAEGER, or install Go")
    git(tmp_path, "clone", "--quiet", str(read_only.root), "throughline")
    clone = Clone(tmp_path / "throughline")
    clone.make_environment()
    guide = (ROOT / "docs/how-to/copy-a-service.md").read_text(encoding="utf-8")
    commands = [line for block in BLOCK.findall(guide) for line in block.splitlines()]

    for command in commands:
        if command.startswith("make sync-service"):
            clone.commit("a new service")
        clone.install_members()
        clone.stamp()
        done = clone.run("bash", "-euc", command, JAEGER=jaeger, PYTHON=sys.executable)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"

    assert [command.split()[0] for command in commands] == [
        "make",
        "make",
        ".venv/bin/pytest",
        ".venv/bin/pytest",
        "make",
    ]
    assert clone.status() == " M services/inventory/.copier-answers.yml\n"
