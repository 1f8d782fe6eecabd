"""The folder of golden traces: compares a trace with its file, or writes the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tracetest.golden.changes import changes
from tracetest.golden.signature import TRACKED, Signature
from tracetest.model import Trace

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


class GoldenError(AssertionError):
    """A trace is not its golden one, or there is none; the message says what has changed."""


@dataclass(frozen=True, slots=True)
class GoldenFolder:
    """Where golden traces are kept.

    Attributes:
        path: The folder.
        update: Whether they are written in place of being compared.
        tracked: Attributes that every span should have.
    """

    path: Path
    update: bool = False
    tracked: tuple[str, ...] = TRACKED

    def check(self, trace: Trace, name: str) -> None:
        """Compare a trace with its golden one, or write that.

        Raises:
            GoldenError: It has changed, or there is no golden one.
            ValueError: The name is none for a file.
        """
        __tracebackhide__ = True
        if not _NAME.fullmatch(name):
            raise ValueError(f"golden trace {name!r}: expected a-z, 0-9, '.', '_' and '-'")
        seen, path = Signature.of(trace, self.tracked), self.path / f"{name}.txt"
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(seen.text, encoding="utf-8")
            return
        if not path.exists():
            raise GoldenError(f"there is no golden trace {path}: --update-golden writes it")
        if words := changes(Signature.parse(path.read_text(encoding="utf-8")), seen):
            lines = [f"the trace is not the golden one, {path}; --update-golden takes it over", *words, "", seen.text]
            raise GoldenError("\n  ".join(lines).rstrip())
