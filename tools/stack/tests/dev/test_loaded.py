from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import faults.flags
from stack.dev.loaded import Loaded
from stack.dev.sources import source_folders
from stack.places import ROOT


def test_modules_are_sources_or_libraries_by_where_their_files_are() -> None:
    modules = {name: sys.modules[name] for name in ("faults.flags", "pathlib", "pytest")}
    modules["made.by.hand"] = ModuleType("made.by.hand")  # nothing could import it

    loaded = Loaded.observe(modules, source_folders(ROOT))

    assert loaded == Loaded(frozenset({Path(str(faults.flags.__file__))}), ("pathlib", "pytest"))


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    loaded = Loaded(frozenset({tmp_path / "a.py", tmp_path / "b.py"}), ("grpc", "asyncio"))

    loaded.write(tmp_path / "order.loaded.json")

    assert Loaded.read(tmp_path / "order.loaded.json") == loaded
    assert [path.name for path in tmp_path.iterdir()] == ["order.loaded.json"]


def test_before_anything_was_written_nothing_is_loaded(tmp_path: Path) -> None:
    assert Loaded.read(tmp_path / "order.loaded.json") == Loaded(frozenset(), ())
