"""``python -m stack.demo``: the whole stack without Docker, one order, its trace, and then it is yours."""

from __future__ import annotations

import os
import shlex
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
from stack.local import LocalStack
from stack.menu import Menu
from stack.order import OrderError, Placed, place_order, wait_for_trace
from stack.places import RUN
from stack.ports import Ports
from stack.processes import ProcessError, Program, module
from stack.readiness import http_answers
from telemetry import ConfigError, Env

TENANT = "acme"

_WATCH_SECONDS = 0.5


class Demo:
    """The trace store and the services, and an order to look at.

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
            command=module("stack.console"),
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

    def run(self, running: ExitStack) -> Placed:
        """Start everything, place an order and draw its trace; `running` stops everything when it closes."""
        self._progress("starting console")
        running.callback(self._console.stop)
        self._console.start()
        self._console.wait_ready()
        running.enter_context(self.stack)
        self._progress("placing an order")
        placed = place_order(self.stack.gateway_url, self.stack.token(TENANT, scope="trace"))
        trace = wait_for_trace(self.console_url, placed.trace_id, self.check)
        self._screen.print()
        draw(trace, self._screen)
        self._screen.print()
        return placed

    def check(self) -> None:
        """Raise ProcessError when a program has ended by itself."""
        self._console.check()
        self.stack.check()

    def _progress(self, text: str) -> None:
        self._screen.print(f"- {text}", style="dim", highlight=False)


def main() -> None:
    """Run until Ctrl-C; what goes wrong is told in a line and ends with exit code 2."""
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
        demo = Demo(RUN, ports, screen, faults=Env(os.environ).flag("FAULTS", default=False))
        with ExitStack() as running:
            placed = demo.run(running)
            _show_links(screen, demo, placed)
            _stay(demo, stop)
    except KeyboardInterrupt:
        screen.print("stopped", style="dim")
    except (ConfigError, ProcessError, OrderError) as error:
        sys.stderr.write(f"demo: {error}\n")
        sys.exit(2)


def _stay(demo: Demo, stop: threading.Event) -> None:
    """Stay up until Ctrl-C, and let happen what is chosen from the menu."""
    if demo.menu is not None:
        demo.menu.open()
    while not stop.wait(_WATCH_SECONDS):
        if demo.menu is not None:
            demo.menu.serve()
        demo.check()


def _show_links(screen: Console, demo: Demo, placed: Placed) -> None:
    gateway, body = demo.stack.gateway_url, '{"user_id": "%s", "items": [%s]}'
    item = '{"sku": "book-1", "quantity": 1, "unit_price": {"amount_minor": 1999, "currency": "EUR"}}'
    order = shlex.quote(body % (placed.user_id, item))
    lines = (
        ("this trace", f"{demo.console_url}/trace/{placed.trace_id}"),
        ("all traces", demo.console_url),
        ("the API", f"{gateway}/docs"),
        ("a token", f"make token TENANT={TENANT}"),
    )
    for name, link in lines:
        screen.print(f"{name:>12}  {link}", highlight=False, soft_wrap=True)
    screen.print("\nPlace another order:", highlight=False)
    screen.print(
        f'curl -i {gateway}/v1/orders -H "Authorization: Bearer $(make -s token TENANT={TENANT})" '
        f"-H 'Content-Type: application/json' -d {order}",
        highlight=False,
        soft_wrap=True,
    )
    screen.print("\nCtrl-C stops everything.", style="dim")


if __name__ == "__main__":
    main()
