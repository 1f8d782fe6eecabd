"""The contenders' virtual environments, made from their locks; quick when nothing changed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from bench.places import BENCH, VENVS, shown

_UV = Path(sys.executable).parent / "uv"
_SHOWN = (
    "fastapi",
    "uvicorn",
    "grpcio",
    "protobuf",
    "opentelemetry-sdk",
    "opentelemetry-instrumentation-fastapi",
    "opentelemetry-instrumentation-grpc",
    "logfire",
    "ddtrace",
)
_LIST = (
    "import json, importlib.metadata as m; print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"
)


class BrokenEnvironmentError(Exception):
    """An environment could not be made."""


def prepare(name: str) -> Path:
    """Give the interpreter of the environment, made first when its lock has changed."""
    lock, venv = BENCH / "locks" / f"{name}.lock", VENVS / name
    python, stamp = venv / "bin" / "python", venv / ".stamp"
    wanted = hashlib.sha256(f"{sys.version} {venv}".encode() + lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        sys.stderr.write(f"bench: making {shown(venv)} from {shown(lock)}\n")
        _run(_UV, "venv", "--quiet", "--clear", "--python", sys.executable, venv)
        hashed = ("--require-hashes", "--only-binary", ":all:")
        _run(_UV, "pip", "install", "--quiet", "--python", python, *hashed, "--requirement", lock)
        stamp.write_text(wanted, encoding="ascii")
    return python


def versions(python: Path) -> dict[str, str]:
    """Give the versions that matter, by package."""
    there: dict[str, str] = json.loads(_run(python, "-I", "-c", _LIST))
    return {name: there[name] for name in _SHOWN if name in there}


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own words
    if done.returncode != 0:
        raise BrokenEnvironmentError(f"{' '.join(map(str, command[:3]))} failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout
