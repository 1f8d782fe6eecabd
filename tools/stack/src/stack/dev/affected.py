"""Which programs a changed file belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stack.dev.loaded import Loaded
from stack.dev.sources import package_of


def affected(path: Path, loaded: Mapping[str, Loaded]) -> frozenset[str]:
    """Give the names of the programs that a changed file belongs to.

    A file belongs to the programs that have loaded it. One that none has loaded (new, imported later, a template)
    belongs to those that have loaded its package. One that none has loaded and that is gone belongs to no program.

    Args:
        path: Absolute; it may be gone.
        loaded: What each program has loaded, by the program's name.
    """
    by_file = frozenset(name for name, each in loaded.items() if path in each.sources)
    if by_file or not path.exists():
        return by_file
    package = package_of(path) / "__init__.py"
    return frozenset(name for name, each in loaded.items() if package in each.sources)
