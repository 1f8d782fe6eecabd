"""What a program has loaded: its sources in the repository, and the modules from outside of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Self


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a program has imported, at the moment when its own code is imported and not yet run.

    Attributes:
        sources: The files of the repository.
        libraries: The names of all other modules, in the order in which they were imported.
    """

    sources: frozenset[Path]
    libraries: tuple[str, ...]

    @classmethod
    def observe(cls, modules: Mapping[str, ModuleType], folders: Sequence[Path]) -> Self:
        """Sort modules, such as `sys.modules`, by whether their files are below one of the folders."""
        sources: set[Path] = set()
        libraries: list[str] = []
        for name, module in modules.items():
            file = getattr(module, "__file__", None)
            path = None if file is None else Path(file).resolve()
            if path is not None and any(path.is_relative_to(folder) for folder in folders):
                sources.add(path)
            elif getattr(module, "__spec__", None) is not None:
                libraries.append(name)
        return cls(frozenset(sources), tuple(libraries))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what was written; nothing is loaded when there is no file."""
        if not path.exists():
            return cls(frozenset(), ())
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(frozenset(map(Path, data["sources"])), tuple(data["libraries"]))

    def write(self, path: Path) -> None:
        """Write it in one step: a reader finds all of it or what was there before."""
        data = {"sources": sorted(map(str, self.sources)), "libraries": self.libraries}
        part = path.with_suffix(".part")
        part.write_text(json.dumps(data), encoding="utf-8")
        part.replace(path)
