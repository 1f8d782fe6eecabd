"""``python -m stack.dev``: see the package."""

from __future__ import annotations

from stack.demo.demo import run
from stack.dev.demo import LiveDemo

if __name__ == "__main__":
    run("dev", LiveDemo)
