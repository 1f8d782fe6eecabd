"""Kubernetes attributes from a ``downwardAPI`` volume mounted at ``/etc/podinfo``.

Nothing is guessed: a pod whose manifest does not pass its names on has none here. The other way to pass them is
variables, see `telemetry.config.environ_kubernetes`.
"""

from __future__ import annotations

from pathlib import Path

from telemetry import semconv

# File in the volume → attribute.
FILES = {"name": semconv.K8S_POD_NAME, "namespace": semconv.K8S_NAMESPACE_NAME, "uid": semconv.K8S_POD_UID}

_LONGEST = 253  # the longest name that Kubernetes allows


def kubernetes_from_files(folder: Path) -> dict[str, str]:
    """Return the attributes from a mounted ``downwardAPI`` volume; none when there is no such folder."""
    found = {}
    for name, attribute in FILES.items():
        try:
            with (folder / name).open(encoding="utf-8") as file:
                value = file.read(_LONGEST).strip()
        except (OSError, ValueError):
            continue
        if value:
            found[attribute] = value
    return found
