"""What live reload says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from rich.console import Console

_NAMED = 3  # files in one line


class Messages:
    """Prints on a screen.

    Args:
        screen: Where.
        root: Files are named from this folder on.
    """

    def __init__(self, screen: Console, root: Path) -> None:
        self._screen = screen
        self._root = root

    def name(self, path: Path) -> str:
        """Give a file's name as it is shown."""
        return str(path.relative_to(self._root))

    def ready(self, programs: Collection[str]) -> None:
        """Say that saved files restart programs within two seconds from now on."""
        self._say(f"Live reload is ready: save a file to restart {', '.join(sorted(programs))}.", style="dim")

    def unused(self, path: Path) -> None:
        """Say that a file was saved that no program has loaded."""
        self._say(f"{self.name(path)}: no program loads it", style="dim")

    def shared(self, path: Path, programs: Collection[str]) -> None:
        """Say which programs load a file that was saved."""
        self._say(f"{self.name(path)} is loaded by {', '.join(sorted(programs))}", style="dim")

    def restarted(self, program: str, seconds: float, paths: Sequence[Path]) -> None:
        """Say that a program runs the new code."""
        named = ", ".join(map(self.name, paths[:_NAMED]))
        more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
        self._say(f"{program} restarted in {seconds:.1f} s: {named}{more}", style="green")

    def invalid(self, error: str, programs: Collection[str]) -> None:
        """Show a syntax error, and which programs are not restarted for it."""
        self._say(f"not restarted: {', '.join(sorted(programs))}", style="bold red")
        self._block(error)

    def failed(self, program: str, error: str, *, serving: bool) -> None:
        """Show why a program's new code does not run, and whether its old code still does."""
        left = "the version before keeps serving" if serving else "it is down"
        self._say(f"{program} not restarted: {left}; the next save tries again", style="bold red")
        self._block(error)

    def exited(self, program: str, tail: str) -> None:
        """Show the last output of a program that has exited."""
        self._say(f"{program} exited; the next save starts it", style="bold red")
        self._block(tail)

    def _block(self, text: str) -> None:
        for line in text.splitlines():
            self._say(f"  {line}")

    def _say(self, text: str, style: str | None = None) -> None:
        self._screen.print(text, style=style, highlight=False, markup=False, soft_wrap=True)
