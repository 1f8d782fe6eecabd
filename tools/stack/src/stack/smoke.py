"""``python -m stack.smoke``: the demo on free ports, which ends by itself: exit 0 only if the trace was whole."""

from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from rich.console import Console

from stack.demo.demo import Demo
from stack.demo.first_request import FirstRequestError
from stack.ports import Ports
from stack.processes.program import ProcessError
from telemetry import ConfigError


def main() -> None:
    """Start everything, send the first request, check its trace, stop everything."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts what it puts in the background with SIGINT ignored
        signal.signal(number, _on_signal)
    screen = Console(width=None if sys.stdout.isatty() else 120)
    try:
        with tempfile.TemporaryDirectory(prefix="throughline-") as folder, ExitStack() as running:
            Demo(Path(folder), Ports.free(), screen).run(running)
    except (ConfigError, ProcessError, FirstRequestError) as error:
        sys.stderr.write(f"smoke: {error}\n")
        sys.exit(1)
    screen.print("smoke: the trace is whole", style="green", highlight=False)


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
