"""Runs docker commands."""

from __future__ import annotations

import shutil
import subprocess

from telemetry import ConfigError

_COMMAND_WITHIN = 60.0  # seconds


def docker_program() -> str:
    """Return the path of docker, or its name."""
    return shutil.which("docker") or "docker"


def docker(*arguments: str, within: float = _COMMAND_WITHIN) -> str:
    """Run docker and return its output; raises ConfigError with what it wrote to stderr."""
    done = subprocess.run(  # noqa: S603  fixed words
        (docker_program(), *arguments), capture_output=True, text=True, check=False, timeout=within
    )
    if done.returncode != 0:
        raise ConfigError(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def docker_works(*arguments: str, within: float = _COMMAND_WITHIN) -> bool:
    """Return whether the command succeeds in time."""
    try:
        docker(*arguments, within=within)
    except (ConfigError, subprocess.TimeoutExpired):
        return False
    return True
