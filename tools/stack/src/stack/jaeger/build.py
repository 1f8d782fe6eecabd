"""Builds Jaeger from the module that tools/jaeger pins, once; what is built is kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from stack.places import ROOT

_SOURCE = ROOT / "tools" / "jaeger"
_MODULE = "github.com/jaegertracing/jaeger/cmd/jaeger"
_WITHIN = 1800.0  # seconds; seven minutes on two cores with nothing cached


def build_jaeger(progress: Callable[[str], None]) -> Path | None:
    """Give the program, built now or earlier; None when there is no Go, or it cannot build it, which is told."""
    program = _cache() / f"jaeger-{_digest()}"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        progress("there is no Go to build it with")
        return None
    progress("building it from its pinned module with Go: several minutes, once")
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        built = Path(folder) / "jaeger"
        try:
            _build(go, Path(folder), built)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            progress(f"Go cannot build it: {error}")
            return None
        built.rename(program)
    progress(f"built: {program}")
    return program


def _build(go: str, folder: Path, built: Path) -> None:
    """Build in a copy of the module: Go writes into go.mod and go.sum."""
    source = shutil.copytree(_SOURCE, folder / "source")
    environment = os.environ | {"GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
    command = (go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(built), _MODULE)
    subprocess.run(command, cwd=source, env=environment, check=True, timeout=_WITHIN)  # noqa: S603  fixed words


def _digest() -> str:
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((_SOURCE / name).read_bytes())
    return digest.hexdigest()[:12]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "throughline"
