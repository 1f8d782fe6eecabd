"""The demo's menu of failures, where FAULTS=1: one is chosen, happens, and is shown with its trace."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread

import httpx
from rich.console import Console

from console.client import fetch_trace
from console.waterfall import draw
from faults.catalogue import Catalogue, CatalogueError, Fault, load
from faults.flags import FlagFile
from faults.scenario import Scenario, ScenarioError
from stack.local import LocalStack
from stack.probes.polling import NotInTimeError
from stack.scenarios.injection import Faulty
from stack.scenarios.scenario import Meeting
from stack.scenarios.verdict import Met
from tracetest import Jaeger, TracedClient, TraceNotWhole

_REQUEST_WITHIN = 30.0  # seconds


class Menu:
    """What can go wrong in the demo.

    Args:
        stack: The demo's, with faults allowed.
        flags: The file that its services read.
        console_url: Where the traces are.
        screen: Where all is shown.
        tenant: Whose requests are sent.
    """

    def __init__(self, stack: LocalStack, flags: FlagFile, console_url: str, screen: Console, tenant: str) -> None:
        self._stack = stack
        self._faulty = Faulty(stack, flags)
        self._console_url = console_url
        self._screen = screen
        self._tenant = tenant
        self._faults = tuple(_possible(load(), stack))
        self._typed: SimpleQueue[str] = SimpleQueue()

    def open(self) -> None:
        """List the failures, and begin to read what is typed, in a thread that ends with the program."""
        self._show()
        Thread(target=self._read, name="menu", daemon=True).start()

    def serve(self) -> None:
        """Let happen what has been typed so far."""
        while not self._typed.empty():
            self._choose(self._typed.get().strip())

    def _read(self) -> None:
        for line in sys.stdin:
            self._typed.put(line)

    def _show(self) -> None:
        self._say("\nWhat can go wrong, by number or name:")
        for number, fault in enumerate(self._faults, start=1):
            self._say(f"{number:>4}  {fault.id:<18} {fault.title}")

    def _choose(self, word: str) -> None:
        if not word:
            self._show()
            return
        try:
            asyncio.run(self._meet(self._find(word)))
        except (CatalogueError, ScenarioError, TraceNotWhole, NotInTimeError, httpx.HTTPError) as error:
            self._say(str(error) or type(error).__name__)

    async def _meet(self, fault: Fault) -> None:
        self._say(f"\n{fault.title}: {fault.does}")
        gateway = httpx.AsyncClient(base_url=self._stack.gateway_url, timeout=_REQUEST_WITHIN, trust_env=False)
        async with gateway as http, Jaeger(self._console_url) as traces:
            client = TracedClient(http, traces)
            scenario = Scenario(http, lambda tenant: self._stack.token(tenant, "trace"), self._tenant)
            meeting = Meeting(self._faulty, client, scenario)
            self._tell(await meeting.meet(fault))
            await meeting.until_over(fault)

    def _tell(self, met: Met) -> None:
        answer = "the client has left" if met.response is None else f"answered {met.response.status_code}"
        try:
            met.check()
        except AssertionError as difference:
            self._say(f"{answer}; not as the catalogue says: {difference}")
        else:
            self._say(f"{answer}, as the catalogue says")
        if met.trace is None:
            return
        if (trace := fetch_trace(self._console_url, met.trace.trace_id)) is not None:
            draw(trace, self._screen)
        self._say(f"{self._console_url}/trace/{met.trace.trace_id}")

    def _find(self, word: str) -> Fault:
        if word.isdecimal() and 1 <= int(word) <= len(self._faults):
            return self._faults[int(word) - 1]
        return Catalogue(self._faults).get(word)

    def _say(self, text: str) -> None:
        self._screen.print(text, highlight=False, soft_wrap=True, markup=False)


def _possible(catalogue: Catalogue, stack: LocalStack) -> Iterator[Fault]:
    """Give the failures that a stack without the parts that observe it, and without a database server, can have."""
    for fault in catalogue:
        if fault.stops is None or fault.stops in stack.parts or fault.inject is not None:
            yield fault
