"""Attributes of the host, the container and the process, each a function of its arguments."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Protocol

from telemetry import semconv

_LARGEST = 65536
_ARCHITECTURES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv7l": "arm32",
    "armv6l": "arm32",
    "i386": "x86",
    "i686": "x86",
    "ppc64": "ppc64",
    "ppc64le": "ppc64",
    "s390x": "s390x",
}

# A container's id: 64 hexadecimal digits, or the format of Amazon ECS. In version 1 of control groups it is the last
# part of a path, with the runtime's prefix and ".scope" round it when systemd made the group.
_ID = r"(?:[0-9a-f]{64}|[0-9a-f]{32}-[0-9]{6,12})"
_GROUP = re.compile(rf"(?:^|[/:-])({_ID})(?:\.scope)?$")
# In version 2 a container sees its own group as "/", but Docker and Podman mount files of its own folder into it. The
# "sandboxes" of containerd are no help: theirs is the id of the pod's pause container.
_MOUNT = re.compile(rf"/(?:containers|overlay-containers)/({_ID})/")


class Uname(Protocol):
    """The result of ``os.uname``."""

    @property
    def sysname(self) -> str:
        """Such as "Linux"."""

    @property
    def nodename(self) -> str:
        """The host's name."""

    @property
    def machine(self) -> str:
        """Such as "x86_64"."""


def host(uname: Uname) -> dict[str, str]:
    """Return the host's name and architecture, and the operating system's type."""
    return {
        semconv.HOST_NAME: uname.nodename,
        semconv.HOST_ARCH: _ARCHITECTURES.get(uname.machine.lower(), uname.machine),
        semconv.OS_TYPE: uname.sysname.lower(),
    }


def process(pid: int, executable: str) -> dict[str, str | int]:
    """Return the process and its Python; not its arguments, which may contain secrets."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return {
        semconv.PROCESS_PID: pid,
        semconv.PROCESS_EXECUTABLE_NAME: Path(executable).name,
        semconv.PROCESS_EXECUTABLE_PATH: executable,
        semconv.PROCESS_RUNTIME_NAME: sys.implementation.name,
        semconv.PROCESS_RUNTIME_VERSION: version,
        semconv.PROCESS_RUNTIME_DESCRIPTION: " ".join(sys.version.split()),
    }


def container(proc: Path) -> dict[str, str]:
    """Return the container's id from the files ``cgroup`` and ``mountinfo`` of a folder such as ``/proc/self``."""
    for line in _lines(proc / "cgroup"):
        if found := _GROUP.search(line.strip()):
            return {semconv.CONTAINER_ID: found[1]}
    for line in _lines(proc / "mountinfo"):
        if found := _MOUNT.search(line):
            return {semconv.CONTAINER_ID: found[1]}
    return {}


def _lines(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_LARGEST).splitlines()
    except OSError:
        return []
