"""The source folders of the repository, and which of the files in them matter to a program."""

from __future__ import annotations

from pathlib import Path

_FOLDERS = ("*/src", "services/*/src", "tools/*/src")
# What editors leave beside a file while they write it ends otherwise.
_SUFFIXES = frozenset({".py", ".yaml", ".json", ".html", ".css", ".js", ".svg"})


def source_folders(root: Path) -> tuple[Path, ...]:
    """Give the folders of a repository that Python packages lie in; tests, docs and the environment are elsewhere."""
    return tuple(sorted(folder for pattern in _FOLDERS for folder in root.glob(pattern) if folder.is_dir()))


def is_source(path: Path) -> bool:
    """Tell whether a file in a source folder, by its name, is code or data of a package."""
    return path.suffix in _SUFFIXES and not path.name.startswith(".") and "__pycache__" not in path.parts


def unit_of(path: Path, root: Path) -> str:
    """Give the name of the unit that a file in a source folder is part of: ``order`` for one in services/order/src."""
    parts = path.relative_to(root).parts
    return parts[parts.index("src") - 1]


def package_of(path: Path) -> Path:
    """Give the folder of the package that holds a file: the nearest one above it that has an ``__init__.py``."""
    return next((folder for folder in path.parents if (folder / "__init__.py").exists()), path.parent)
