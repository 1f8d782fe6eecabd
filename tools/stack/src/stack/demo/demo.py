"""``python -m stack.demo``: the whole stack without Docker, one request, its trace, and then it is yours."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console

from console.waterfall import draw
from faults.catalogue import load
from faults.flags import FlagFile
from stack.demo.first_request import DOING, Answered, FirstRequestError, send, wait_for_trace
from stack.demo.menu import Menu
from stack.local import LocalStack
from stack.places import RUN
from stack.ports import Ports
from stack.probes.readiness import http_answers
from stack.processes.program import ProcessError, Program, module
from telemetry import ConfigError, Env

TENANT = "acme"

_WATCH_SECONDS = 0.5


class Demo:
    """The trace store and the services, and a request to look at.

    Args:
        folder: For databases, keys and logs.
        ports: Where everything listens.
        screen: Where progress and the trace are shown.
        faults: Let the services fail where the menu says so.
    """

    def __init__(self, folder: Path, ports: Ports, screen: Console, *, faults: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._screen = screen
        self.console_url = f"http://{ports.address('console')}"
        flags = FlagFile(folder / "faults" / "flags.json", load().flags) if faults else None
        self.stack = LocalStack(
            folder,
            otlp_url=self.console_url,
            signals_url=self.console_url,
            ports=ports,
            progress=self._progress,
            flags=flags,
        )
        self._console = Program(
            name="console",
            command=module("stack.demo.console"),
            environment={
                "LISTEN": ports.address("console"),
                "OTLP_HTTP_LISTEN": "off",  # the services know where to send
                "OTLP_GRPC_LISTEN": "off",
                "GATEWAY_URL": self.stack.gateway_url,
                "JWT_KEY_FILE": str(self.stack.key_file),
                **({} if flags is None else {"FAULTS": "1", "FAULT_FLAGS": str(flags.path)}),
            },
            log=folder / "console.log",
            is_ready=partial(http_answers, f"{self.console_url}/livez"),
        )
        self.menu = None if flags is None else Menu(self.stack, flags, self.console_url, screen, TENANT)

    @property
    def programs(self) -> dict[str, Program]:
        """All that it runs, by name."""
        return {**self.stack.programs, "console": self._console}

    def run(self, running: ExitStack) -> Answered:
        """Start everything, send a request and draw its trace; `running` stops everything when it closes."""
        self._progress("starting console")
        running.callback(self._console.stop)
        self._console.start()
        self._console.wait_ready()
        running.enter_context(self.stack)
        self._progress(DOING)
        answered = send(self.stack.gateway_url, self.stack.token(TENANT, scope="trace"))
        trace = wait_for_trace(self.console_url, answered.trace_id, self.check)
        self._screen.print()
        draw(trace, self._screen)
        self._screen.print()
        return answered

    def watch(self, stop: threading.Event) -> None:
        """Look after it for half a second, or until it is to stop; raise ProcessError when a program has ended."""
        stop.wait(_WATCH_SECONDS)
        self.check()

    def check(self) -> None:
        """Raise ProcessError when a program has ended by itself."""
        self._console.check()
        self.stack.check()

    def _progress(self, text: str) -> None:
        self._screen.print(f"- {text}", style="dim", highlight=False)


def main() -> None:
    """Run until Ctrl-C, or until a program ends by itself."""
    run("demo", Demo)


def run(name: str, kind: type[Demo]) -> None:
    """Run a kind of demo until Ctrl-C; an error is one line that begins with the name, and exit code 2."""
    screen = Console()
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts what it puts in the background with SIGINT ignored
        signal.signal(number, on_signal)
    try:
        ports = Ports.from_env(os.environ)
        ports.check()
        demo = kind(RUN, ports, screen, faults=Env(os.environ).flag("FAULTS", default=False))
        with ExitStack() as running:
            _show_links(screen, demo, demo.run(running))
            _stay(demo, stop)
    except KeyboardInterrupt:
        screen.print("stopped", style="dim")
    except (ConfigError, ProcessError, FirstRequestError) as error:
        sys.stderr.write(f"{name}: {error}\n")
        sys.exit(2)


def _stay(demo: Demo, stop: threading.Event) -> None:
    """Stay up until Ctrl-C, and let happen what is chosen from the menu."""
    if demo.menu is not None:
        demo.menu.open()
    while not stop.is_set():
        if demo.menu is not None:
            demo.menu.serve()
        demo.watch(stop)


def _show_links(screen: Console, demo: Demo, answered: Answered) -> None:
    gateway = demo.stack.gateway_url
    lines = (
        ("this trace", f"{demo.console_url}/trace/{answered.trace_id}"),
        ("all traces", demo.console_url),
        ("the API", f"{gateway}/docs"),
        ("a token", f"make token TENANT={TENANT}"),
    )
    for name, link in lines:
        screen.print(f"{name:>12}  {link}", highlight=False, soft_wrap=True)
    for line in answered.next_step(gateway, TENANT):
        screen.print(line, highlight=False, soft_wrap=True)
    screen.print("\nCtrl-C stops everything.", style="dim")
