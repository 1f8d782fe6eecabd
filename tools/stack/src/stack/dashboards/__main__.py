"""``python -m stack.dashboards [--check]``: writes deploy/grafana/dashboards, or says what is out of date there."""

from __future__ import annotations

import sys

from stack.dashboards.boards import BOARDS
from stack.dashboards.render import render
from stack.places import ROOT

FOLDER = ROOT / "deploy" / "grafana" / "dashboards"


def main(arguments: list[str]) -> int:
    """Give the exit code: 1 when --check finds a file that is not what the boards say."""
    wanted = {FOLDER / f"{board.uid}.json": render(board) for board in BOARDS}
    found = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    stale = sorted(path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))
    if arguments == ["--check"]:
        for path in stale:
            sys.stderr.write(f"dashboards: {path.relative_to(ROOT)} is out of date: run `make dashboards`\n")
        return 1 if stale else 0
    if arguments:
        sys.exit("dashboards: expected no argument, or --check")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
