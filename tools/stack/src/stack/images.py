"""``python -m stack.images``: whether the pictures in docs/images show the pages as they are."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from stack.places import ROOT

FOLDER = ROOT / "docs" / "images"
MADE_FROM = FOLDER / "made-from.sha256"
PICTURES = ("trace-light", "trace-dark", "traces", "map", "scenarios")

_PAGES = ROOT / "console" / "src" / "console"
_SOURCES = ("templates/*.html", "static/*")


def digest(pages: Path = _PAGES) -> str:
    """Give the digest of all that the look of the pages is made of."""
    total = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(pages.glob(pattern)):
            total.update(f"{path.name}\0".encode() + path.read_bytes())
    return total.hexdigest()


def problems(folder: Path = FOLDER, made_from: str | None = None) -> list[str]:
    """Say what is wrong with the pictures of a folder, a line each."""
    lacking = [f"{name}.png" for name in PICTURES if not (folder / f"{name}.png").exists()]
    record = folder / MADE_FROM.name
    stale = not record.exists() or record.read_text(encoding="ascii").strip() != (made_from or digest())
    return [f"{folder}: {name} is missing: make screenshots" for name in lacking] + (
        [f"{folder}: the pages have changed since the pictures were made: make screenshots"] if stale else []
    )


def main() -> int:
    """Print what is wrong; 1 when anything is."""
    found = problems()
    for line in found:
        sys.stderr.write(f"images: {line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
