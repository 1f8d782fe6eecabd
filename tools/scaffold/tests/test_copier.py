"""The template without this repository's tools, copied into another stack as docs/how-to/copy-a-service.md says."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import yaml

from scaffold.cloning import Clone
from stack.places import ROOT

COMMAND = re.compile(r"^copier (?P<words>copy .*) ADDRESS \.$", re.MULTILINE)


def test_the_template_is_copied_straight_from_a_git_address(read_only: Clone, tmp_path: Path) -> None:
    (words,) = COMMAND.findall((ROOT / "docs/how-to/copy-a-service.md").read_text(encoding="utf-8"))
    address = f"git+file://{read_only.root}"

    done = Clone(tmp_path).run(sys.executable, "-m", "copier", *shlex.split(words), "--defaults", address, ".")

    assert done.returncode == 0, done.stderr
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {
        "services/inventory/src/inventory_service/__main__.py",
        "services/inventory/src/inventory_service/migrations/0001_inventories.py",
        "services/inventory/tests/test_server.py",
        "services/inventory/Dockerfile",
        "protos/shop/inventory/v1/inventory.proto",
        "gateway/src/gateway/routes/inventories.py",
        "tests/test_inventories.py",
    } <= written
    assert {path.split("/")[0] for path in written} == {"services", "protos", "gateway", "tests"}
    answers = yaml.safe_load((tmp_path / "services/inventory/.copier-answers.yml").read_text(encoding="utf-8"))
    assert answers["_src_path"] == address
    assert answers["_commit"] == read_only.run("git", "describe", "--tags", "--always").stdout.strip()
