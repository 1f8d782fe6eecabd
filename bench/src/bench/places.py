"""Where things are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BENCH = ROOT / "bench"
RUN = ROOT / ".run" / "bench"
VENVS = ROOT / ".run" / "bench-venvs"
TELEMETRY = ROOT / "telemetry" / "src"
SOURCES = (BENCH / "src", ROOT / "protos" / "src")


def shown(path: Path) -> str:
    """Give the path as it is written in a text: from the repository's root where it is inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
