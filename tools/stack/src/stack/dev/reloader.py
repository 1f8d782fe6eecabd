"""Restarts the programs that a saved file belongs to, and says so."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from stack.dev.affected import affected
from stack.dev.launch import Launch
from stack.dev.messages import Messages
from stack.dev.standby import Standby
from stack.dev.syntax import syntax_error
from stack.processes.program import ProcessError, Program

_POLL_SECONDS = 0.02


class Reloader:
    """Keeps a standby for each program, and lets it take over when the program's code has changed.

    A context manager that starts the standbys and ends them.

    Args:
        programs: By name; prepared for it, see `Launch.prepare`, and running.
        launches: How each is started.
        root: The repository that the programs run from.
        messages: What it says.
    """

    def __init__(
        self, programs: Mapping[str, Program], launches: Mapping[str, Launch], root: Path, messages: Messages
    ) -> None:
        self._programs = programs
        self._launches = launches
        self._root = root
        self._messages = messages
        self._standbys: dict[str, Standby] = {}
        self._failed: set[str] = set()

    def __enter__(self) -> Self:
        """Start the standbys."""
        for name in self._programs:
            self._make_standby(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the standbys."""
        for standby in self._standbys.values():
            standby.stop()

    def is_ready(self) -> bool:
        """Tell whether all standbys are: a restart before that takes longer."""
        return all(standby.is_loaded() for standby in self._standbys.values())

    def check(self) -> None:
        """Report programs that have exited; the next change starts them again."""
        for name, program in self._programs.items():
            if name not in self._failed and not program.is_running:
                self._failed.add(name)
                self._messages.exited(name, program.tail())

    def changed(self, paths: Collection[Path], saved: float) -> None:
        """Restart the programs that changed files belong to, and those whose last restart failed.

        Args:
            paths: The files, absolute; some may be gone.
            saved: When the last of them was saved, in seconds of `time.time`.
        """
        causes = self._causes(paths)
        for text, names in self._syntax_errors(causes):
            self._messages.invalid(text, names)
            self._failed.update(names)
            causes = {name: files for name, files in causes.items() if name not in names}
        for name in causes:
            self._standbys[name].go()
        for name, error in self._outcomes(causes):
            if error is None:
                self._failed.discard(name)
                self._messages.restarted(name, time.time() - saved, causes[name])
            else:
                self._failed.add(name)
                self._standbys[name].stop()
                self._messages.failed(name, error, serving=self._programs[name].is_running)
        for name in causes:  # not before: they would take the processor from those that were awaited
            self._make_standby(name)

    def _causes(self, paths: Collection[Path]) -> dict[str, list[Path]]:
        """Give the files for which each program is restarted."""
        loaded = {name: launch.loaded() for name, launch in self._launches.items()}
        causes: dict[str, list[Path]] = {}
        for path in sorted(paths):
            names = affected(path, loaded, self._root)
            if len(names) > 1:
                self._messages.shared(path, names)
            elif not names and not self._failed:
                self._messages.unused(path)
            for name in names | self._failed:
                causes.setdefault(name, []).append(path)
        return causes

    def _syntax_errors(self, causes: Mapping[str, Collection[Path]]) -> Iterator[tuple[str, set[str]]]:
        """Give the errors in files that were saved, each with the programs that it concerns."""
        for path in sorted({path for files in causes.values() for path in files}):
            if (error := syntax_error(path, self._messages.name(path))) is not None:
                yield error, {name for name, files in causes.items() if path in files}

    def _outcomes(self, names: Collection[str]) -> Iterator[tuple[str, str | None]]:
        """Give each program as soon as its standby has taken over, or with the reason why it does not."""
        waiting = set(names)
        while waiting:
            for name in sorted(waiting):
                try:
                    if not self._standbys[name].has_taken_over():
                        continue
                    error = None
                except ProcessError as failure:
                    error = str(failure)
                waiting.discard(name)
                yield name, error
            time.sleep(_POLL_SECONDS)

    def _make_standby(self, name: str) -> None:
        standby = Standby(self._programs[name], self._launches[name])
        self._standbys[name] = standby
        standby.start()
