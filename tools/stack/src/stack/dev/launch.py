"""How a program is started so that it can be reloaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stack.dev.loaded import Loaded
from stack.processes.program import Program, module


@dataclass(frozen=True, slots=True)
class Launch:
    """Runs a program's module by the launcher, see `stack.dev.launcher`.

    Attributes:
        module: What ``python -m`` runs.
        root: The repository whose sources are the program's own code.
        report: The file that says what the program has loaded.
    """

    module: str
    root: Path
    report: Path

    @classmethod
    def of(cls, program: Program, root: Path) -> Launch:
        """Read it from a program that is run with ``python -m``."""
        return cls(program.command[-1], root, program.log.with_suffix(".loaded.json"))

    def command(self, *options: str) -> tuple[str, ...]:
        """Give the arguments, with the launcher's options."""
        return (*module("stack.dev.launcher"), *options, str(self.root), str(self.report), self.module)

    def prepare(self, program: Program) -> None:
        """Have a program started by the launcher from now on, on a port that its successor can listen on as well."""
        program.command = self.command()
        program.environment = {**program.environment, "LISTEN_REUSE_PORT": "true"}

    def loaded(self) -> Loaded:
        """Give what the newest process whose code could be imported has loaded."""
        return Loaded.read(self.report)
