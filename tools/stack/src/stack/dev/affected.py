"""Which programs a changed file belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stack.dev.loaded import Loaded
from stack.dev.sources import package_of, unit_of


def affected(path: Path, loaded: Mapping[str, Loaded], root: Path) -> frozenset[str]:
    """Give the names of the programs that a changed file belongs to.

    A file in a program's own unit belongs to that program alone. Any other belongs to the programs that have loaded it,
    and one that none has loaded (new, or imported later) to those that have loaded its package. A file that is gone and
    that none had loaded belongs to no program.

    Args:
        path: In a source folder; it may be gone.
        loaded: What each program has loaded, by the program's name, which is also the name of its unit.
        root: The repository.
    """
    by_file = frozenset(name for name, each in loaded.items() if path in each.sources)
    if not by_file and not path.exists():
        return by_file
    if (unit := unit_of(path, root)) in loaded:
        return frozenset({unit})
    package = package_of(path) / "__init__.py"
    return by_file or frozenset(name for name, each in loaded.items() if package in each.sources)
