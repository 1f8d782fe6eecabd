"""The demo, with programs that restart when their code is saved."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from pathlib import Path

from rich.console import Console

from stack.demo.demo import Demo
from stack.demo.first_request import Answered
from stack.dev.launch import Launch
from stack.dev.messages import Messages
from stack.dev.reloader import Reloader
from stack.dev.watch import saved_at, saved_files
from stack.places import ROOT
from stack.ports import Ports


class LiveDemo(Demo):
    """The demo with live reload; the arguments are those of the demo."""

    def __init__(self, folder: Path, ports: Ports, screen: Console, *, faults: bool = False) -> None:
        super().__init__(folder, ports, screen, faults=faults)
        self._messages = Messages(screen, ROOT)
        self._launches = {name: Launch.of(program, ROOT) for name, program in self.programs.items()}
        for name, launch in self._launches.items():
            launch.prepare(self.programs[name])
        self._reloader = Reloader(self.programs, self._launches, ROOT, self._messages)
        self._is_ready = False
        self._saved = saved_files(ROOT)

    def run(self, running: ExitStack) -> Answered:
        """Do what the demo does, and be ready to restart its programs."""
        answered = super().run(running)
        running.enter_context(self._reloader)
        running.enter_context(closing(self._saved))
        return answered

    def watch(self, _stop: threading.Event) -> None:
        """Restart the programs whose code was saved within half a second, and report those that have exited."""
        paths = next(self._saved)
        if paths:
            self._reloader.changed(paths, saved_at(paths))
        self._reloader.check()
        if not self._is_ready and self._reloader.is_ready():
            self._is_ready = True
            self._messages.ready(self.programs)
